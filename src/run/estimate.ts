import { accessSync, constants } from 'node:fs';
import type { Brief } from '../domain/brief.js';
import type { ModelSettings } from '../domain/model-settings.js';
import type { Usage } from '../domain/usage.js';
import type { LoadSettings } from '../engine/engine-task.js';
import { type Plan, picturesOf } from '../engine/remaining.js';
import { restOf } from '../engine/several-styles.js';
import { costOf, PRICES_AS_OF, type Price, type Rate } from '../gemini/models.js';
import { estimatePromptTokens } from '../gemini/request-size.js';
import type { Found } from '../images/find/find-images.js';
import type { PictureGroup } from '../images/find/groups.js';
import type { ImageReference } from '../images/find/reference.js';
import { openImage } from '../images/open/open.js';
import type { MeanUsage } from '../storage/ledger/mean-usage.js';

/** How many pictures were found under the names that the user gave, or how many groups of them. */
export interface PictureCounts {
  pictures: number;
  /**
   * Set if one question is about each of several groups: how many pictures they have. All other counts
   * are of groups then.
   */
  grouped?: number | undefined;
  /** How many pictures and pages of documents are sent, if there may be more than one each. */
  sent?: number | undefined;
  /** How many of the pictures an earlier run described. */
  done: number;
  /** How many are on their way in batch jobs. */
  onTheWay?: number | undefined;
  /** Names that have no picture. */
  failed: number;
  /** How many are asked about each part of the question, if some have a part of the answer. */
  partly?: ReadonlyMap<Brief, number>;
}

/** What is known of a run before it begins. */
export interface RunFacts {
  model: string;
  brief: Brief;
  settings?: ModelSettings | undefined;
  /** How many times each question is asked. */
  votes?: number | undefined;
  /** Undefined if unknown. */
  price: Price | undefined;
  /** The price of the same run in each of these ways. */
  tiers?:
    | Readonly<
        Record<'standard' | 'flex', Price | undefined> & { batch: Price | 'none' | undefined }
      >
    | undefined;
  /** How many pictures are asked about at once. */
  concurrency?: number | undefined;
  /** The mean usage of earlier calls that asked the same; of several styles, of the same styles. */
  meanUsage?: ((brief: Brief) => MeanUsage | undefined) | undefined;
  /** Requests that may begin per minute. */
  rpm?: number | undefined;
  /** Input tokens that may be sent per minute. */
  tpm?: number | undefined;
  /** The most pictures that the run will ask about. */
  limit?: number | undefined;
}

/**
 * A caption of one or two sentences has 25 to 45 words, at about four tokens for three words.
 * Thoughts depend on the model, the picture and the question, and cannot be guessed.
 */
const CAPTION_TOKENS = 60;

/** Estimates the tokens, cost and time of a run. */
export function estimateOf(
  { pictures, grouped, sent, done, onTheWay = 0, failed, partly = new Map() }: PictureCounts,
  facts: RunFacts,
): RunEstimate {
  const { model, brief, votes = 1, price } = facts;
  const { limit = Number.POSITIVE_INFINITY } = facts;
  const open = pictures - done - onTheWay;
  const toAsk = Math.min(open, limit);
  const inPart = [...partly.values()].reduce((sum, count) => sum + count, 0);
  const groups = [...partly, [brief, toAsk - inPart] as const].filter(([, count]) => count > 0);
  const eachSent = sent === undefined ? 1 : sent / Math.max(open, 1);
  const usages = groups.map(([asked, count]) => ({ count, ...usageOf(asked, eachSent, facts) }));
  const sum = (tokens: 'inputTokens' | 'outputTokens') =>
    Math.round(usages.reduce((all, usage) => all + usage.count * usage[tokens], 0));
  const tokens = { inputTokens: sum('inputTokens'), outputTokens: sum('outputTokens') };
  const shown = usages.length > 0 ? usages : [usageOf(brief, eachSent, facts)];
  const isMeasured = shown.every((usage) => usage.isMeasured);
  const matching = matchingOf(groups, price);
  const calls = votes * toAsk + (matching?.calls ?? 0);
  const time = timeOf(calls, tokens.inputTokens, facts);
  return {
    model,
    pictures: grouped ?? pictures,
    ...(grouped !== undefined && { groups: pictures }),
    done,
    ...(onTheWay > 0 && { onTheWay }),
    toAsk,
    failed,
    ...tokens,
    basis: isMeasured ? 'measured' : 'assumed',
    ...(price && { cost: costAt(price, tokens, calls) }),
    ...tiersOf(facts, tokens, calls),
    ...(matching && { matching: matching.takes }),
    ...(time && { time }),
  };
}

/** What one picture takes: by earlier calls, or by a rule of thumb. */
function usageOf(brief: Brief, sent: number, { settings, votes = 1, meanUsage }: RunFacts) {
  const measured = meanUsage?.(brief);
  if (measured) return { ...measured, isMeasured: true };
  const answers = brief.several?.briefs.size ?? 1;
  const { first = CAPTION_TOKENS, input = 0, output = 0 } = brief.second?.tokens ?? {};
  return {
    inputTokens:
      votes * estimatePromptTokens(brief.prompt, { settings, schema: brief.schema }, sent) + input,
    outputTokens: votes * ((answers - 1) * CAPTION_TOKENS + first) + output,
    isMeasured: false,
  };
}

/** What the second questions of all pictures take, if there are any. */
function matchingOf(groups: readonly (readonly [Brief, number])[], price: Price | undefined) {
  const seconds = groups.flatMap(([{ second }, count]) => (second ? [{ second, count }] : []));
  if (seconds.length === 0) return undefined;
  const calls = seconds.reduce((sum, { count }) => sum + count, 0);
  const sum = (tokens: 'input' | 'output') =>
    seconds.reduce((all, { second, count }) => all + count * second.tokens[tokens], 0);
  const takes: Matching = { inputTokens: sum('input'), outputTokens: sum('output') };
  if (price) takes.costUsd = costAt(price, takes, calls).usd;
  return { calls, takes };
}

/** How many minutes flex aims to take for an answer; the standard tier answers in seconds. */
export const FLEX_MINUTES = { least: 1, most: 15 } as const;

/** How many minutes a batch job takes: small ones some minutes, and each a day at most, by its aim. */
const BATCH_MINUTES = { least: 1, most: 24 * 60 } as const;

function tiersOf(
  { tiers, concurrency = 1 }: RunFacts,
  tokens: Pick<Usage, 'inputTokens' | 'outputTokens'>,
  calls: number,
): Pick<RunEstimate, 'tiers'> {
  if (!tiers?.standard || !tiers.flex || !tiers.batch) return {};
  const rounds = Math.ceil(calls / concurrency);
  return {
    tiers: [
      { tier: 'standard', costUsd: costAt(tiers.standard, tokens, calls).usd },
      {
        tier: 'flex',
        costUsd: costAt(tiers.flex, tokens, calls).usd,
        minutes: { least: rounds * FLEX_MINUTES.least, most: rounds * FLEX_MINUTES.most },
      },
      ...(tiers.batch === 'none'
        ? []
        : [
            {
              tier: 'batch' as const,
              costUsd: costAt(tiers.batch, tokens, calls).usd,
              minutes: BATCH_MINUTES,
            },
          ]),
    ],
  };
}

function costAt(
  price: Price,
  tokens: Pick<Usage, 'inputTokens' | 'outputTokens'>,
  calls: number,
): CostEstimate {
  const usd = costOf({ ...tokens, thoughtTokens: 0, cachedTokens: 0 }, price, calls);
  return { usd, asOf: PRICES_AS_OF };
}

/** The time by the limit that makes the run longest. */
function timeOf(
  requests: number,
  tokens: number,
  { rpm, tpm }: Pick<RunFacts, 'rpm' | 'tpm'>,
): TimeEstimate | undefined {
  const times = [...timeAt(requests, rpm, 'requests'), ...timeAt(tokens, tpm, 'tokens')];
  return times.sort((one, other) => other.minutes - one.minutes)[0];
}

function timeAt(
  amount: number,
  limit: number | undefined,
  unit: TimeEstimate['unit'],
): TimeEstimate[] {
  if (limit === undefined) return [];
  return [{ minutes: Math.round((amount / limit) * 1000) / 1000, limit, unit }];
}

export interface EstimateOptions extends RunFacts {
  load: LoadSettings;
  /** What the run would do about a picture; without it, all pictures are asked about. */
  plan?: ((images: readonly ImageReference[]) => Plan | Promise<Plan>) | undefined;
}

/**
 * Estimates a run. Pictures are found and counted, but not read, and web addresses are not fetched.
 *
 * @param onFailed called for each name that would fail, with the name as messages show it; it
 *   throws errors that end the run.
 * @throws GeminiImageError of kind `interrupted`, or `usage` if a list cannot be read.
 */
export async function estimateRun(
  found: AsyncIterable<Found | PictureGroup>,
  { plan, load, ...facts }: EstimateOptions,
  onFailed: (error: unknown, name: string) => void,
): Promise<RunEstimate> {
  const partly = new Map<Brief, number>();
  const counts: PictureCounts & { sent: number; onTheWay: number } = {
    pictures: 0,
    sent: 0,
    done: 0,
    onTheWay: 0,
    failed: 0,
    partly,
  };
  const { limit = Number.POSITIVE_INFINITY, brief } = facts;
  const rests = new Map<string, Brief>();
  /** Counts a picture that has a part of its answer. */
  const countPart = (answered: readonly string[]) => {
    if (counts.pictures - counts.done - counts.onTheWay >= limit) return;
    const styles = answered.join(',');
    const rest = rests.get(styles) ?? withoutStyles(brief, answered);
    rests.set(styles, rest);
    partly.set(rest, (partly.get(rest) ?? 0) + 1);
  };
  for await (const asked of found) {
    try {
      if (asked.kind === 'failed') throw asked.error;
      const images = picturesOf(asked);
      const planned = await plan?.(images);
      if (!planned || planned.kind === 'ask') {
        for (const image of images) counts.sent += await pagesToSend(image, load);
        if (planned?.recorded) countPart(planned.recorded.partly.map(({ style = '' }) => style));
      } else if (planned.kind === 'skip' && planned.isOnItsWay) counts.onTheWay += 1;
      else if (planned.before) counts.done += 1;
      else continue;
      counts.pictures += 1;
      if (asked.kind === 'group') counts.grouped = (counts.grouped ?? 0) + images.length;
    } catch (error) {
      onFailed(error, asked.label);
      counts.failed += 1;
    }
  }
  return estimateOf(counts, facts);
}

/** The brief about those styles that have no answer yet. */
function withoutStyles(brief: Brief, answered: readonly string[]): Brief {
  return restOf(brief, Object.fromEntries(answered.map((style) => [style, '']))) ?? brief;
}

/**
 * How many pages of a file would be sent.
 *
 * @throws as `expectThere`.
 */
async function pagesToSend(image: ImageReference, load: LoadSettings): Promise<number> {
  await expectThere(image, load);
  if (image.kind !== 'file' || !load.takesPdf) return 1;
  return (await import('../images/pdf.js')).countPagesByName(image.source);
}

/** @throws GeminiImageError as the run would, if the file is missing or may not be read. */
async function expectThere(image: ImageReference, load: LoadSettings): Promise<void> {
  if (image.kind !== 'file') return;
  try {
    // Synchronous, since there may be a hundred thousand files.
    accessSync(image.source, constants.R_OK);
  } catch {
    // Opening the file gives the exact error.
    await openImage(image, load);
  }
}

/** The estimate for a run over several pictures, before it begins. */
export interface RunEstimate {
  model: string;
  /** All pictures that were found, done or not. */
  pictures: number;
  /** How many groups they make; what follows counts groups then. */
  groups?: number;
  /** Pictures that an earlier run described. */
  done: number;
  /** Pictures on their way in batch jobs, if there are any. */
  onTheWay?: number;
  /** Pictures that the run would ask about. */
  toAsk: number;
  /** Names that have no picture. */
  failed: number;
  /** Input tokens of all calls together, as are the output tokens. */
  inputTokens: number;
  outputTokens: number;
  /** Whether the tokens per picture are the mean of earlier answers, or a rule of thumb. */
  basis: 'measured' | 'assumed';
  /** What of it a second question takes, which matches words with a vocabulary. */
  matching?: Matching;
  /** Absent if no price is known. */
  cost?: CostEstimate;
  /** The cost in each tier, side by side; absent if no price is known. */
  tiers?: readonly TierEstimate[];
  /** Absent if nothing limits the run. */
  time?: TimeEstimate;
  /** With `--by`: how the run would be done by then. */
  plan?: PlanEstimate;
}

/** Tokens of all second questions, and their cost if a price is known. */
export interface Matching {
  inputTokens: number;
  outputTokens: number;
  costUsd?: number;
}

/** The estimate for one tier; minutes for the whole run are given if the tier is slow. */
export interface TierEstimate {
  tier: Rate;
  costUsd: number;
  minutes?: { least: number; most: number };
}

/** The steps of a run that is to be done by a time; a step without a time is left out. */
interface PlanEstimate {
  /** In ISO 8601, as the times below. */
  by: string;
  /** What is on its way included. */
  questions: number;
  batchUntil?: string;
  flexUntil?: string;
  /** What it costs if all is asked in one way. */
  costsUsd?: Readonly<Record<'batch' | 'flex' | 'standard', number>>;
}

/** In US dollars, at the prices of a day. */
interface CostEstimate {
  usd: number;
  asOf: string;
}

/** The least time of the run, and the limit that causes it. */
interface TimeEstimate {
  minutes: number;
  limit: number;
  unit: 'requests' | 'tokens';
}
