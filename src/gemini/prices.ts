import type { Usage } from '../domain/usage.js';

/** US dollars for a million tokens; thoughts cost as much as output. */
export interface Price {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  /** What all tokens of a call cost where its prompt is longer than so many tokens. */
  readonly long?: Omit<Price, 'long'> & { readonly above: number };
}

/** What holds from a day on (from midnight UTC); without one, it has always been so. */
type Row = { readonly from?: string } & (
  | Price
  /** Calls are routed to another model, and billed as that one. */
  | { readonly routedTo: string }
);

/** The day on which the table was compared with Google's price list. */
export const PRICES_AS_OF = '2026-11-28';

/** Prompts above this many tokens cost more with the models called pro. */
const LONG_PROMPT = 200_000;

/** The first models of Gemini 4. */
const CARBON = [
  { input: 2, output: 10, cached: 0.1 },
  { from: '2026-12-01', input: 4, output: 20, cached: 0.2 },
] as const;

/** Prices of the paid tier, the latest last. Aliases such as `gemini-flash-latest` have none. */
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

/** What a model costs at a time; undefined where the table does not know it by exactly this name. */
export function priceOf(model: string, at: Date): Price | undefined {
  const rows = rowsOf.get(model.replace(/^models\//, ''));
  const row = rows?.findLast(({ from }) => from === undefined || Date.parse(from) <= +at);
  if (row === undefined) return undefined;
  if ('routedTo' in row) return priceOf(row.routedTo, at);
  const { from: _, ...price } = row;
  return price;
}

/**
 * What an answer is to be charged at: the price of the model that answered, or where that is
 * unknown (a version of its own name), of the model that was asked. An alias that was asked has no
 * price, since nobody knows what it stands for.
 */
export function priceFor(answered: string, asked: string, at: Date): Price | undefined {
  return priceOf(answered, at) ?? priceOf(asked, at);
}

/**
 * What tokens cost, in US dollars.
 *
 * @param calls how many calls they are of, all of about the same size: long prompts have a price of
 *   their own.
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

/** To a billionth of a dollar, less than any token costs, so that sums show no binary noise. */
export function roundUsd(usd: number): number {
  return Math.round(usd * 1e9) / 1e9;
}
