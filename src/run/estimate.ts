import type { Brief } from '../domain/brief.js';
import type { ModelSettings } from '../domain/model-settings.js';
import type { Usage } from '../domain/usage.js';
import { costOf, PRICES_AS_OF, type Price } from '../gemini/models.js';
import { estimatePromptTokens } from '../gemini/request-size.js';
import type { MeanUsage } from '../storage/ledger/index-of-finished.js';
import type { CostEstimate, RunEstimate, TimeEstimate } from './output-estimate.js';

/** What was found of what the user named. */
export interface PictureCounts {
  pictures: number;
  /** How many of the pictures an earlier run described. */
  done: number;
  /** Names that lead to no picture. */
  failed: number;
}

/** What is known of a run before it begins. */
export interface RunFacts {
  model: string;
  brief: Pick<Brief, 'prompt' | 'schema'>;
  settings?: ModelSettings | undefined;
  /** How often each question is put. */
  votes?: number | undefined;
  /** Undefined where it is unknown. */
  price: Price | undefined;
  /** Of earlier answers. */
  meanUsage?: MeanUsage | undefined;
  /** Requests that may begin in a minute. */
  rpm?: number | undefined;
  /** Input tokens that may be sent in a minute. */
  tpm?: number | undefined;
  /** The most pictures that the run is to ask about. */
  limit?: number | undefined;
}

/**
 * A caption of one or two sentences is 25 to 45 words, at about four tokens for three words.
 * Thoughts depend on the model, the picture and the question, and cannot be guessed.
 */
const CAPTION_TOKENS = 60;

/** What a run would take. */
export function estimateOf(
  { pictures, done, failed }: PictureCounts,
  facts: RunFacts,
): RunEstimate {
  const { model, brief, settings, votes = 1, price, meanUsage } = facts;
  const { limit = Number.POSITIVE_INFINITY } = facts;
  const toAsk = Math.min(pictures - done, limit);
  const each = meanUsage ?? {
    inputTokens: votes * estimatePromptTokens(brief.prompt, { settings, schema: brief.schema }),
    outputTokens: votes * CAPTION_TOKENS,
  };
  const tokens = {
    inputTokens: Math.round(toAsk * each.inputTokens),
    outputTokens: Math.round(toAsk * each.outputTokens),
  };
  const time = timeOf(votes * toAsk, tokens.inputTokens, facts);
  return {
    model,
    pictures,
    done,
    toAsk,
    failed,
    ...tokens,
    basis: meanUsage ? 'measured' : 'assumed',
    ...(price && { cost: costAt(price, tokens, votes * toAsk) }),
    ...(time && { time }),
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

/** Of two limits, the one that makes the run longer. */
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
