import type { Task } from '../../engine/engine-task.js';
import { costOf, priceOf, type Rate } from '../../gemini/models.js';
import { estimatePromptTokens } from '../../gemini/request-size.js';
import { aboutDollars, count } from '../../output/quantities.js';
import type { MeanUsage } from '../../storage/ledger/mean-usage.js';
import type { LimitsPart } from '../options.js';

/** How a run is to be done by a time: in batches, then by flex, then at the standard price. */
export interface DeadlinePlan {
  questions: number;
  /** In milliseconds since 1970, as the times below. */
  by: number;
  /** Until then batches are waited for; absent if there is no time for them. */
  batchUntil?: number | undefined;
  /** Until then flex is asked; absent if there is no time for it. */
  flexUntil?: number | undefined;
  /** What it costs if all questions are asked in this way; absent if no price is known. */
  costs?: Readonly<Record<'batch' | 'flex' | 'standard', number>> | undefined;
}

/** What an answer is assumed to have, until earlier answers say more. */
export const ANSWER_TOKENS = 60;

/** Small jobs were seen to take minutes, and large ones hours; with less time a batch is a bet. */
const LEAST_BATCH_MS = 3_600_000;

/** With less time, flex is a bet: an answer takes 1 to 15 minutes. */
const LEAST_FLEX_MS = 900_000;

/** What a round of answers takes, as many as are asked for at once. */
const ROUND_MS = { standard: 6_000, flex: 300_000 } as const;

/** Some time is left for what is tried again. */
const RESERVE = 1.5;

/** Flex gets no more than this share of the time before the standard price. */
const FLEX_SHARE = 1 / 3;

/**
 * Plans a run so that it is done by a time, as cheaply as can be expected.
 *
 * @param questions how many are left, those on their way included.
 */
export function planUntil(
  questions: number,
  { concurrency, requestsPerMinute: rpm }: Pick<LimitsPart, 'concurrency' | 'requestsPerMinute'>,
  now: number,
  by: number,
): DeadlinePlan {
  const rounds = Math.ceil(questions / concurrency);
  const byPace = rpm === undefined ? 0 : (questions / rpm) * 60_000;
  const standardMs = RESERVE * Math.max(rounds * ROUND_MS.standard, byPace);
  const standardAt = by - standardMs;
  const window = standardAt - now;
  if (questions === 0 || window < LEAST_FLEX_MS) return { questions, by };
  const flexMs = Math.max(rounds * ROUND_MS.flex, LEAST_FLEX_MS);
  const flexAt = standardAt - Math.min(flexMs, window * FLEX_SHARE);
  const isTime = flexAt - now >= LEAST_BATCH_MS;
  return { questions, by, flexUntil: standardAt, ...(isTime && { batchUntil: flexAt }) };
}

/** What the questions of a plan cost in each way; undefined if no price is known. */
export function costsOf(
  questions: number,
  { model, brief, settings, votes = 1 }: Task,
  mean: MeanUsage | undefined,
  today: Date,
): DeadlinePlan['costs'] {
  const { prompt, schema } = brief;
  const calls = questions * votes;
  const each = mean ?? {
    inputTokens: votes * estimatePromptTokens(prompt, { settings, schema }),
    outputTokens: votes * ANSWER_TOKENS,
  };
  const usage = {
    inputTokens: questions * each.inputTokens,
    outputTokens: questions * each.outputTokens,
    ...{ thoughtTokens: 0, cachedTokens: 0 },
  };
  const costAt = (rate: Rate) => {
    const price = priceOf(model, today, rate);
    return price && costOf(usage, price, calls);
  };
  const [batch, flex, standard] = [costAt('batch'), costAt('flex'), costAt('standard')];
  if (batch === undefined || flex === undefined || standard === undefined) return undefined;
  return { batch, flex, standard };
}

/** The plan in words, one line. */
export function planInWords({ questions, by, batchUntil, flexUntil, costs }: DeadlinePlan): string {
  const money = (rate: 'batch' | 'flex' | 'standard') =>
    costs && questions > 0 ? ` (all of it: ${aboutDollars(costs[rate])})` : '';
  const steps = [
    batchUntil !== undefined && `in batches until ${timeInWords(batchUntil)}${money('batch')}`,
    flexUntil !== undefined && `by flex until ${timeInWords(flexUntil)}${money('flex')}`,
    `at the standard price${money('standard')}`,
  ].filter((step) => step !== false);
  const what = questions === 1 ? '1 picture' : `${count(questions)} pictures`;
  return `the plan, to be done by ${timeInWords(by)}: ${what} ${steps.join(', what is left then ')}`;
}

function timeInWords(time: number): string {
  const date = new Date(time);
  const two = (number: number) => String(number).padStart(2, '0');
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday
    ? clock
    : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`;
}
