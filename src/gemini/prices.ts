import type { Usage } from '../domain/usage.js';

/** US dollars for a million tokens; thoughts cost as much as output. */
export interface Price {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
}

/** A price, and the day on which it begins (at midnight UTC); without one, it has always been so. */
interface DatedPrice extends Omit<Price, 'cached'> {
  readonly from?: string;
  /** Without one that is certain, cached tokens cost as much as others: rather too much. */
  readonly cached?: number;
}

/** The day on which the table was compared with Google's price list. */
export const PRICES_AS_OF = '2026-11-22';

/** What the Batch API takes of the price: every batch price in Google's list is half of it. */
export const BATCH_SHARE = 0.5;

/** Prices of the paid tier, the latest last. Aliases such as `gemini-flash-latest` have none. */
const prices = {
  'gemini-3.5-flash-lite': [{ input: 0.3, output: 2.5, cached: 0.03 }],
  'gemini-3.1-flash-lite': [{ input: 0.25, output: 1.5, cached: 0.025 }],
  // Cached tokens are said to be 0.15, but that is not certain.
  'gemini-3.6-flash': [{ input: 1.5, output: 7.5 }],
  'gemini-3.8-flash': [
    { input: 0.75, output: 3.75, cached: 0.075 },
    { from: '2027-01-01', input: 1.5, output: 7.5, cached: 0.075 },
  ],
  'gemini-4-carbon': [
    { input: 2, output: 10 },
    { from: '2026-12-01', input: 4, output: 20 },
  ],
  'gemini-4-hydrogen': [{ input: 1.5, output: 7.5, cached: 0.075 }],
  'gemini-4-neon': [{ input: 3, output: 15, cached: 0.15 }],
  'gemini-3.1-pro-preview': [{ input: 2, output: 12 }],
  'gemini-2.5-flash': [{ input: 0.3, output: 2.5 }],
  'gemini-2.5-pro': [{ input: 1.25, output: 10 }],
  'gemini-2.5-flash-lite': [{ input: 0.1, output: 0.4 }],
} as const satisfies Readonly<Record<string, readonly DatedPrice[]>>;

const pricesOf: ReadonlyMap<string, readonly DatedPrice[]> = new Map(Object.entries(prices));

/** What a model costs at a time; undefined where the table does not know it by exactly this name. */
export function priceOf(model: string, at: Date): Price | undefined {
  const dated = pricesOf.get(model.replace(/^models\//, ''));
  const price = dated?.findLast(({ from }) => from === undefined || Date.parse(from) <= +at);
  return price && { input: price.input, cached: price.cached ?? price.input, output: price.output };
}

/**
 * What an answer is to be charged at: the price of the model that answered, or where that is
 * unknown (a version of its own name), of the model that was asked. An alias that was asked has no
 * price, since nobody knows what it stands for.
 */
export function priceFor(answered: string, asked: string, at: Date): Price | undefined {
  return priceOf(answered, at) ?? priceOf(asked, at);
}

/** What tokens cost, in US dollars. */
export function costOf(usage: Usage, price: Price): number {
  const { inputTokens, cachedTokens, outputTokens, thoughtTokens } = usage;
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
