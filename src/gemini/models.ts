import { type GeminiImageError, usageError } from '../domain/error.js';
import { THINKING_LEVELS, type ThinkingLevel, type Tier } from '../domain/model-settings.js';
import { nearestNames } from '../domain/nearest.js';
import { roundUsd, type Usage } from '../domain/usage.js';

/** The cheapest model for images with a free tier and no shutdown date (as of 2026-11). */
export const DEFAULT_MODEL = 'gemini-3.5-flash-lite';

export const MODEL_NAME = /^[a-z0-9][a-z0-9._-]*$/i;

/**
 * Refuses characters in a model's name that would change the path of the URL. Only the service
 * knows whether the model exists.
 *
 * @returns the name without a leading `models/`.
 * @throws GeminiImageError of kind `usage`.
 */
export function parseModel(raw: string): string {
  const name = raw.trim().replace(/^models\//, '');
  if (MODEL_NAME.test(name)) return name;
  throw usageError(
    `${JSON.stringify(raw)} is not a model's name`,
    [guessAt(raw), `The default is ${DEFAULT_MODEL}.`].filter((part) => part !== '').join(' '),
  );
}

/** The models that may have been meant by a name that no model has, the nearest first. */
export function nearestModels(wrong: string): readonly string[] {
  const open = modelNames().filter((name) => standings.get(name) !== 'closed');
  return nearestNames(wrong.replace(/^models\//, ''), open);
}

/** A question about them; '' if there are none. */
function guessAt(wrong: string): string {
  const near = nearestModels(wrong);
  return near.length === 0 ? '' : `Did you mean ${oneOf(near)}?`;
}

/** The hint for a 404: the replacement that Google suggests, or the names that are nearest. */
export function modelHint(message: string): string {
  const named = /\buse (?:the )?models\/(\S{1,100})(?!\S)/i.exec(message)?.[1] ?? '';
  // Punctuation at the end is not part of the name.
  const suggested = named.replace(/[.,;:)]+$/, '');
  if (MODEL_NAME.test(suggested) && suggested !== DEFAULT_MODEL) {
    return `Use -m ${suggested}, as the service suggests, or the default, ${DEFAULT_MODEL}.`;
  }
  const unknown = /\bmodels\/(\S{1,100}) is not found\b/i.exec(message)?.[1];
  const guess = unknown === undefined ? '' : guessAt(unknown);
  return guess === ''
    ? `Use the default model, ${DEFAULT_MODEL}.`
    : `${guess} gemini-image models lists what there is; the default is ${DEFAULT_MODEL}.`;
}

/** Levels by model, the default first (as of 2026-11). Only Google knows the levels of an alias. */
const levels = {
  'gemini-3.5-flash-lite': ['minimal', 'low', 'medium', 'high'],
  'gemini-3.1-flash-lite': ['minimal', 'low', 'medium', 'high'],
  'gemini-3.5-flash': ['medium', 'minimal', 'low', 'high'],
  'gemini-3.6-flash': ['medium', 'minimal', 'low', 'high'],
  'gemini-3-flash-preview': ['high', 'minimal', 'low', 'medium'],
  'gemini-3.7-flash': ['medium', 'low', 'high'],
  'gemini-3.8-flash': ['medium', 'low', 'high'],
  'gemini-4-argon': ['medium', 'low', 'high'],
  'gemini-4-carbon': ['medium', 'low', 'high'],
  'gemini-4-hydrogen': ['high', 'low', 'medium', 'xhigh'],
  'gemini-4-neon': ['high', 'low', 'medium', 'xhigh'],
  'gemini-3.1-pro-preview': ['high', 'low', 'medium'],
  // These models have a budget of thinking tokens instead.
  'gemini-2.5-flash': [],
  'gemini-2.5-pro': [],
  'gemini-2.5-flash-lite': [],
} as const satisfies Readonly<Record<string, readonly ThinkingLevel[]>>;

const levelsOf: ReadonlyMap<string, readonly ThinkingLevel[]> = new Map(Object.entries(levels));

/**
 * The levels that a model takes, the default first. Empty if it takes no level; undefined if the
 * table does not have exactly this name.
 */
export function thinkingLevelsOf(model: string): readonly ThinkingLevel[] | undefined {
  return levelsOf.get(model.replace(/^models\//, ''));
}

/** The hint for a refused level if the table does not have the model. */
export const ANY_MODEL_HINT = `--thinking takes ${oneOf(THINKING_LEVELS)}; each model knows some of them.`;

/** The hint for a refused level of this model. */
function thinkingHint(model: string): string {
  const known = thinkingLevelsOf(model);
  if (!known) return ANY_MODEL_HINT;
  const [usual, ...others] = known;
  return usual === undefined
    ? `${model} takes no thinking levels: leave out --thinking.`
    : `${model} takes --thinking ${oneOf([`${usual} (its default)`, ...others])}.`;
}

/** Adds the levels of the model to an error about the level; other errors stay as they are. */
export function withThinkingHint(error: GeminiImageError, model: string): GeminiImageError {
  return error.hint === ANY_MODEL_HINT ? error.with({ hint: thinkingHint(model) }) : error;
}

function oneOf(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return [words.slice(0, -1).join(', '), ...words.slice(-1)].join(' or ');
}

/** In US dollars for a million tokens; thoughts cost as much as output. */
export interface Price {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  /** The price of all tokens of a call if its prompt has more tokens than `above`. */
  readonly long?: Omit<Price, 'long'> & { readonly above: number };
}

/** A price from a day on (midnight UTC); without a day, the price has always applied. */
type Row = { readonly from?: string } & (
  | Price
  /** Calls are routed to another model, and billed at its price. */
  | { readonly routedTo: string }
);

/** The day when the table was compared with Google's price list. */
export const PRICES_AS_OF = '2026-11-28';

/** Above this many tokens, prompts cost more with the models called pro. */
const LONG_PROMPT = 200_000;

/** The first models of Gemini 4. */
const CARBON = [
  { input: 2, output: 10, cached: 0.1 },
  { from: '2026-12-01', input: 4, output: 20, cached: 0.2 },
] as const;

/**
 * Prices of the paid tier, the latest last. Aliases such as `gemini-flash-latest` have no price.
 */
const prices = {
  'gemini-3.5-flash-lite': [{ input: 0.3, output: 2.5, cached: 0.03 }],
  'gemini-3.1-flash-lite': [{ input: 0.25, output: 1.5, cached: 0.025 }],
  'gemini-3.8-flash': [
    { input: 0.75, output: 3.75, cached: 0.075 },
    { from: '2027-01-01', input: 1.5, output: 7.5, cached: 0.15 },
  ],
  'gemini-3.7-flash': [{ routedTo: 'gemini-3.8-flash' }],
  'gemini-3.6-flash': [{ input: 1.5, output: 7.5, cached: 0.15 }],
  'gemini-3.5-flash': [{ input: 1.5, output: 9, cached: 0.15 }],
  'gemini-3-flash-preview': [{ input: 0.5, output: 3, cached: 0.05 }],
  'gemini-4-hydrogen': [{ input: 1.5, output: 7.5, cached: 0.075 }],
  'gemini-4-neon': [{ input: 3, output: 15, cached: 0.15 }],
  'gemini-4-carbon': CARBON,
  'gemini-4-argon': CARBON,
  'gemini-3.1-pro-preview': [
    {
      ...{ input: 2, output: 12, cached: 0.2 },
      long: { above: LONG_PROMPT, input: 4, output: 18, cached: 0.4 },
    },
  ],
  'gemini-2.5-flash': [
    { input: 0.3, output: 2.5, cached: 0.03 },
    { from: '2026-12-01', routedTo: 'gemini-3.5-flash-lite' },
  ],
  'gemini-2.5-pro': [
    {
      ...{ input: 1.25, output: 10, cached: 0.125 },
      long: { above: LONG_PROMPT, input: 2.5, output: 15, cached: 0.25 },
    },
    { from: '2026-12-01', routedTo: 'gemini-3.8-flash' },
  ],
  'gemini-2.5-flash-lite': [{ input: 0.1, output: 0.4, cached: 0.01 }],
} as const satisfies Readonly<Record<string, readonly Row[]>>;

const rowsOf: ReadonlyMap<string, readonly Row[]> = new Map(Object.entries(prices));

/** The names that the table has. */
export function modelNames(): readonly string[] {
  return [...rowsOf.keys()];
}

/**
 * How a model stands: `stable`, `previous` (of an older generation, and announced to end), `preview`,
 * `closed` (only for projects that used it before), `routed` (another model answers), `retired`.
 */
export type Standing = 'stable' | 'previous' | 'preview' | 'closed' | 'routed' | 'retired';

/** Models that are not simply stable (as of 2026-11). */
const standings: ReadonlyMap<string, Standing> = new Map([
  ['gemini-3.6-flash', 'previous'],
  ['gemini-3.5-flash', 'previous'],
  ['gemini-3-flash-preview', 'preview'],
  ['gemini-3.1-pro-preview', 'preview'],
  ['gemini-2.5-flash', 'closed'],
  ['gemini-2.5-pro', 'closed'],
  ['gemini-2.5-flash-lite', 'closed'],
]);

/** The first day on which a model may be shut down, where Google has named one. */
const shutdowns: ReadonlyMap<string, string> = new Map([['gemini-3.1-flash-lite', '2027-05-07']]);

/** Names that answer 404 to everybody. */
const RETIRED = /^gemini-(?:1\.[05]-.+|2\.0-.+|3-pro-preview|pro|pro-vision)$/;

/** What the table says of a model, besides its prices. */
export interface ModelFacts {
  standing: Standing;
  /** The model that answers and is billed instead. */
  routedTo?: string;
  /** Not before this day, such as `2027-05-07`. */
  shutdown?: string;
  /** What changes, and from which day on. */
  next?: { from: string } & ({ price: Price } | { routedTo: string });
}

/** What is known of a model on a day; undefined if the table does not have exactly this name. */
export function factsOf(model: string, at: Date): ModelFacts | undefined {
  const name = model.replace(/^models\//, '');
  if (RETIRED.test(name)) return { standing: 'retired' };
  const rows = rowsOf.get(name);
  if (!rows) return undefined;
  const isNow = ({ from }: Row) => from === undefined || Date.parse(from) <= +at;
  const now = rows.findLast(isNow);
  const next = rows.find((row) => !isNow(row));
  const shutdown = shutdowns.get(name);
  return {
    standing: now && 'routedTo' in now ? 'routed' : (standings.get(name) ?? 'stable'),
    ...(now && 'routedTo' in now && { routedTo: now.routedTo }),
    ...(shutdown !== undefined && { shutdown }),
    ...(next && { next: changeOf(next) }),
  };
}

function changeOf(row: Row): NonNullable<ModelFacts['next']> {
  const { from = '', ...what } = row;
  return 'routedTo' in what ? { from, routedTo: what.routedTo } : { from, price: what };
}

/** What a price depends on besides the model: the tier, or that the question is one of a batch. */
export type Rate = Tier | 'batch';

/** The price at a rate, as a multiple of the standard price. */
function factorOf(model: string, tier: Rate): number {
  if (tier === 'flex' || tier === 'batch') return 0.5;
  if (tier === 'standard') return 1;
  // Older models cost 1.75 to 2 times as much. The higher factor avoids a surprise on the bill.
  return /^gemini-4-/.test(model) ? 1.8 : 2;
}

/** The price of a model at a rate; undefined if the table does not have exactly this name. */
export function priceOf(model: string, at: Date, tier: Rate = 'standard'): Price | undefined {
  const price = standardPriceOf(model, at);
  if (!price) return undefined;
  const { long, ...usual } = price;
  const factor = factorOf(price.model, tier);
  const times = <Prices extends Omit<Price, 'long'>>(one: Prices) => ({
    ...one,
    input: one.input * factor,
    cached: one.cached * factor,
    output: one.output * factor,
  });
  const { model: _, ...inTier } = times(usual);
  return long ? { ...inTier, long: times(long) } : inTier;
}

/** @returns the price, and the model that is billed. */
function standardPriceOf(model: string, at: Date): (Price & { model: string }) | undefined {
  const rows = rowsOf.get(model.replace(/^models\//, ''));
  const row = rows?.findLast(({ from }) => from === undefined || Date.parse(from) <= +at);
  if (row === undefined) return undefined;
  if ('routedTo' in row) return standardPriceOf(row.routedTo, at);
  const { from: _, ...price } = row;
  return { model: model.replace(/^models\//, ''), ...price };
}

/**
 * The price of an answer: that of the model that answered or, if unknown (as for a version of the
 * model), that of the requested model. An alias has no price, since nobody knows which model it
 * means.
 */
export function priceFor(
  answered: string,
  asked: string,
  at: Date,
  tier?: Rate,
): Price | undefined {
  return priceOf(answered, at, tier) ?? priceOf(asked, at, tier);
}

/**
 * The cost of tokens, in US dollars.
 *
 * @param calls the number of calls, all of about the same size: long prompts have another price.
 */
export function costOf(usage: Usage, { long, ...usual }: Price, calls = 1): number {
  const { inputTokens, cachedTokens, outputTokens, thoughtTokens } = usage;
  const price = long && inputTokens > long.above * calls ? long : usual;
  const cached = Math.min(cachedTokens, inputTokens);
  const millionfold =
    (inputTokens - cached) * price.input +
    cached * price.cached +
    (outputTokens + thoughtTokens) * price.output;
  return roundUsd(millionfold / 1_000_000);
}

/** Endings that name a version of a model, not another model. */
const VERSION = /^-(?:\d{3}|\d\d-\d{2,4}|preview(?:-\d\d-\d{2,4})?)$/;

/** Whether another model than the requested one answered: calls may be routed. */
export function isOtherModel(answered: string, asked: string): boolean {
  const [one, other] = [answered, asked].map((name) => name.replace(/^models\//, '').toLowerCase());
  if (one === undefined || other === undefined || one === other) return false;
  return !(one.startsWith(other) && VERSION.test(one.slice(other.length)));
}

/** Whether a name is an alias for a model that Google chooses. */
export function isAlias(model: string): boolean {
  return model.endsWith('-latest');
}

/**
 * How many input tokens the jobs of one project may have on their way together, by model, on the
 * lowest paid tier. A job with more than that would never be taken.
 */
const enqueuedTokens: ReadonlyMap<string, number> = new Map([
  ['gemini-3.5-flash-lite', 10_000_000],
  ['gemini-3.1-flash-lite', 10_000_000],
]);

/** For models whose number is not known: that of the other Flash models. */
const FEWEST_ENQUEUED = 3_000_000;

/** The most input tokens that a job may have so that every paid tier takes it. */
export function enqueuedTokensOf(model: string): number {
  return enqueuedTokens.get(model.replace(/^models\//, '')) ?? FEWEST_ENQUEUED;
}
