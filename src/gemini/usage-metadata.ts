import { isObject } from '../domain/json.js';
import { TIERS, type Tier } from '../domain/model-settings.js';
import type { Usage } from '../domain/usage.js';

/** The API counts in signed 32-bit integers. */
const MOST_TOKENS = 2 ** 31 - 1;

/**
 * What an answer or an error says that it was billed for. Undefined if a count is impossible, such
 * as a negative number, or if there is no input: otherwise a paid call could look free, or one
 * wrong count could use up the budget.
 */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  const inputTokens = countOf(value.promptTokenCount);
  const outputTokens = countOf(value.candidatesTokenCount);
  const thoughtTokens = countOf(value.thoughtsTokenCount);
  const cachedTokens = countOf(value.cachedContentTokenCount);
  // The API leaves out a zero, and every question has tokens.
  if (!inputTokens || outputTokens === undefined) return undefined;
  if (thoughtTokens === undefined || cachedTokens === undefined) return undefined;
  return { inputTokens, outputTokens, thoughtTokens, cachedTokens };
}

/** 0 if it is absent, undefined if it is not a count. Large numbers may come as strings. */
function countOf(value: unknown): number | undefined {
  // JSON of the API may have null for an absent field.
  if (value === undefined || value === null) return 0;
  const count = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  const isCount = typeof count === 'number' && Number.isInteger(count);
  return isCount && count >= 0 && count <= MOST_TOKENS ? count : undefined;
}

/** The service tier in an answer or its header; undefined if it is unknown. */
export function readTier(value: unknown): Tier | undefined {
  if (typeof value !== 'string') return undefined;
  const name = value
    .trim()
    .toLowerCase()
    .replace(/^service_tier_/, '');
  return TIERS.find((tier) => tier === name);
}
