import { aboutDollars, count, duration } from '../output/quantities.js';
import { FLEX_MINUTES, type Matching, type RunEstimate, type TierEstimate } from './estimate.js';

/** The estimate as lines for people, or as one JSON object for the format `json`. */
export function renderEstimate(estimate: RunEstimate, format: string): string {
  if (format === 'json') return `${JSON.stringify(jsonOf(estimate), null, 2)}\n`;
  if (format === 'jsonl') return `${JSON.stringify(jsonOf(estimate))}\n`;
  return textOf(estimate);
}

/** Names and units as promised in `docs/output-format.md`. */
function jsonOf({ cost, time, ...rest }: RunEstimate) {
  return {
    ...rest,
    ...(cost && { costUsd: cost.usd, pricesAsOf: cost.asOf }),
    ...(time && { minutes: time.minutes }),
  };
}

function textOf(estimate: RunEstimate): string {
  const { pictures, groups, done, onTheWay = 0, toAsk, failed } = estimate;
  const rows: Row[] = [
    ['pictures', count(pictures)],
    ...(groups === undefined ? [] : [['groups', count(groups)] as const]),
    ['already done', count(done)],
    ...(onTheWay > 0 ? [['on the way', count(onTheWay)] as const] : []),
    ['to ask', count(toAsk)],
    ...(failed > 0 ? [['failed', count(failed)] as const] : []),
    ...(toAsk > 0 ? expenseRows(estimate) : []),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}

type Row = readonly [name: string, value: string];

function tierText({ tier, costUsd, minutes }: TierEstimate): string {
  const money = aboutDollars(costUsd);
  if (tier === 'batch') return `${money} with --batch; all answers within a day`;
  if (!minutes) return `${money}; an answer takes seconds`;
  const [least, most] = [minutes.least, minutes.most].map((each) => duration(each * 60_000));
  const each = `${FLEX_MINUTES.least} to ${FLEX_MINUTES.most} minutes`;
  return `${money} with --tier ${tier}; an answer takes ${each}, the run ${least} to ${most}`;
}

function matchingText({ inputTokens, outputTokens, costUsd }: Matching): string {
  const tokens = `about ${count(inputTokens)} tokens in and ${count(outputTokens)} out`;
  const cost = costUsd === undefined ? '' : `${aboutDollars(costUsd)} of it: `;
  return `${cost}${tokens}, to match words with the vocabulary`;
}

function expenseRows(estimate: RunEstimate): Row[] {
  const { model, groups, toAsk, basis, cost, time, tiers = [], matching, ...tokens } = estimate;
  const unit = groups === undefined ? 'picture' : 'group';
  const { inputTokens, outputTokens } = tokens;
  const each = (sum: number) => `${count(sum)}, ${count(sum / toAsk)} a ${unit}`;
  const thinking = basis === 'measured' ? '' : '; thinking is not counted';
  const rows: Row[] = [
    ['input tokens', `about ${each(inputTokens)} (${basis})`],
    ['output tokens', `about ${each(outputTokens)} (${basis}${thinking})`],
  ];
  if (cost) {
    const asOf = `prices as of ${cost.asOf}`;
    rows.push(['cost', `${aboutDollars(cost.usd)} with ${model} (${asOf})`]);
  } else rows.push(['cost', `no price is known for ${model}`]);
  if (matching) rows.push(['  second step', matchingText(matching)]);
  for (const one of tiers) rows.push([`  ${one.tier}`, tierText(one)]);
  if (time) {
    const paced = time.limit === 1 ? time.unit.replace(/s$/, '') : time.unit;
    const limit = Number.isInteger(time.limit) ? count(time.limit) : time.limit.toFixed(2);
    const pace = `${limit} ${paced} a minute`;
    rows.push(['time', `about ${duration(time.minutes * 60_000)} at ${pace}`]);
  }
  return rows;
}
