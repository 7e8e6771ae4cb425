import { isObject } from '../domain/json.js';
import type { Usage } from '../domain/usage.js';
import { asCount } from './json.js';

/** What an answer, or an error, says that it was billed for. */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  return {
    inputTokens: asCount(value.promptTokenCount),
    outputTokens: asCount(value.candidatesTokenCount),
    thoughtTokens: asCount(value.thoughtsTokenCount),
    cachedTokens: asCount(value.cachedContentTokenCount),
  };
}
