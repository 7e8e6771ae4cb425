import { isObject } from '../domain/json.js';
import { TIERS, type Tier } from '../domain/model-settings.js';
import type { Usage } from '../domain/usage.js';

/** The API's counts are integers of 32 bits. */
const MOST_TOKENS = 2 ** 31 - 1;

/**
 * What an answer, or an error, says that it was billed for. Where a figure cannot be one, such as a
 * negative number, or nothing was put in, it says nothing: who believed it would take a call that
 * was paid for to be free, or no further call to be affordable.
 */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  const inputTokens = countOf(value.promptTokenCount);
  const outputTokens = countOf(value.candidatesTokenCount);
  const thoughtTokens = countOf(value.thoughtsTokenCount);
  const cachedTokens = countOf(value.cachedContentTokenCount);
  // A zero is left out of what the API sends, and no question is without tokens.
  if (!inputTokens || outputTokens === undefined) return undefined;
  if (thoughtTokens === undefined || cachedTokens === undefined) return undefined;
  return { inputTokens, outputTokens, thoughtTokens, cachedTokens };
}

/** 0 where there is none, undefined where it is no count. Large numbers may come as strings. */
function countOf(value: unknown): number | undefined {
  // JSON of the API may say null for what is absent.
  if (value === undefined || value === null) return 0;
  const count = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  const isCount = typeof count === 'number' && Number.isInteger(count);
  return isCount && count >= 0 && count <= MOST_TOKENS ? count : undefined;
}

/** The service tier in an answer, or in a header of it; undefined for one that is not known here. */
export function readTier(value: unknown): Tier | undefined {
  if (typeof value !== 'string') return undefined;
  const name = value
    .trim()
    .toLowerCase()
    .replace(/^service_tier_/, '');
  return TIERS.find((tier) => tier === name);
}
