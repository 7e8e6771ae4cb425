import type { Asked } from '../domain/record.js';
import type { Usage } from '../domain/usage.js';
import { costOf, priceFor } from '../gemini/prices.js';

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
