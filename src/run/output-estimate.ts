import { aboutDollars, count, duration } from '../output/quantities.js';

/** What a run over several pictures would take, before it is begun. */
export interface RunEstimate {
  model: string;
  /** Pictures that were found, those included that are done. */
  pictures: number;
  /** Described by an earlier run. */
  done: number;
  /** Those that the run would ask about. */
  toAsk: number;
  /** Names that lead to no picture. */
  failed: number;
  /** Of all calls together, like the tokens that come back. */
  inputTokens: number;
  outputTokens: number;
  /** Whether the tokens of a picture are the mean of earlier answers, or a rule of thumb. */
  basis: 'measured' | 'assumed';
  /** Absent where no price is known. */
  cost?: CostEstimate;
  /** Absent where nothing limits the run. */
  time?: TimeEstimate;
}

/** US dollars, at the prices of a day. */
export interface CostEstimate {
  usd: number;
  asOf: string;
}

/** How long the limit that binds makes the run, at the least. */
export interface TimeEstimate {
  minutes: number;
  limit: number;
  unit: 'requests' | 'tokens';
}

/** An estimate as lines for people, or as one JSON object; text wherever that is not wanted. */
export function renderEstimate(estimate: RunEstimate, format: string): string {
  if (format === 'json') return `${JSON.stringify(jsonOf(estimate), null, 2)}\n`;
  if (format === 'jsonl') return `${JSON.stringify(jsonOf(estimate))}\n`;
  return textOf(estimate);
}

/** Names and units as `docs/output-format.md` promises them. */
function jsonOf({ cost, time, ...rest }: RunEstimate) {
  return {
    ...rest,
    ...(cost && { costUsd: cost.usd, pricesAsOf: cost.asOf }),
    ...(time && { minutes: time.minutes }),
  };
}

function textOf(estimate: RunEstimate): string {
  const { pictures, done, toAsk, failed } = estimate;
  const rows: Row[] = [
    ['pictures', count(pictures)],
    ['already done', count(done)],
    ['to ask', count(toAsk)],
    ...(failed > 0 ? [['failed', count(failed)] as const] : []),
    ...(toAsk > 0 ? expenseRows(estimate) : []),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}

type Row = readonly [name: string, value: string];

function expenseRows({ model, toAsk, basis, cost, time, ...tokens }: RunEstimate): Row[] {
  const { inputTokens, outputTokens } = tokens;
  const each = (sum: number) => `${count(sum)}, ${count(sum / toAsk)} a picture`;
  const thinking = basis === 'measured' ? '' : '; thinking is not counted';
  const rows: Row[] = [
    ['input tokens', `about ${each(inputTokens)} (${basis})`],
    ['output tokens', `about ${each(outputTokens)} (${basis}${thinking})`],
  ];
  if (cost) {
    const asOf = `prices as of ${cost.asOf}`;
    rows.push(['cost', `${aboutDollars(cost.usd)} with ${model} (${asOf})`]);
  } else rows.push(['cost', `no price is known for ${model}`]);
  if (time) {
    const unit = time.limit === 1 ? time.unit.replace(/s$/, '') : time.unit;
    const pace = `${count(time.limit)} ${unit} a minute`;
    rows.push(['time', `about ${duration(time.minutes * 60_000)} at ${pace}`]);
  }
  return rows;
}
