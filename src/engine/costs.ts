import { GeminiImageError } from '../domain/error.js';
import type { Answer, Asked } from '../domain/record.js';
import type { Usage } from '../domain/usage.js';
import { costOf, priceFor } from '../gemini/models.js';
import { isUnreachable, isUntrusted } from '../network/network-error.js';
import type { Charge } from './budget.js';

/**
 * What an answer cost, for its record; nothing where no price or no usage is known.
 *
 * @param answered the model that answered.
 * @param asked the model that was asked, where that may be another name for it.
 */
export function costs(
  answered: string | undefined,
  usage: Usage | undefined,
  asked = answered,
): Pick<Asked, 'costUsd'> {
  if (answered === undefined || asked === undefined || usage === undefined) return {};
  const price = priceFor(answered, asked, new Date());
  return price ? { costUsd: costOf(usage, price) } : {};
}

/** What an attempt is to be charged with, by what came of it; nothing came where none was made. */
export function chargeOf(outcome: Answer | GeminiImageError | undefined, asked: string): Charge {
  if (outcome === undefined) return 'nothing';
  const { usage, model } = outcome;
  if (usage) return { usage, ...costs(model ?? asked, usage, asked) };
  if (!(outcome instanceof GeminiImageError) || outcome.kind === 'answer') return 'unknown';
  // The service says no for nothing; whether it had answered what broke on the way, nobody knows.
  const isLost = outcome.kind === 'service' && outcome.httpStatus === undefined;
  return isLost && !isUnreachable(outcome) && !isUntrusted(outcome) ? 'unknown' : 'nothing';
}
