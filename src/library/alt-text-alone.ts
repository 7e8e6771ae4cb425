import type { AltTexts } from './alt-text.js';
import { checkOptions } from './check-options.js';
import { clientWith } from './client.js';
import { partsOf } from './describe-image.js';
import type { AltTextOptions, ClientOptions } from './options.js';

/** The options of a client and of its one call. With `check`, no key is needed. */
export type AltTextAloneOptions = AltTextOptions &
  (ClientOptions | (Partial<ClientOptions> & { check: true }));

const RETRIES = 6;

/**
 * Finds the images of pages and the alternative texts that they lack, by a client of its own, as
 * `createGeminiImage(…).altText(…)` does.
 *
 * @param files files, folders and globs.
 * @throws GeminiImageError as that does.
 */
export async function altText(
  files: string | readonly string[],
  options: AltTextAloneOptions,
): Promise<AltTexts> {
  if (typeof options !== 'object' || options === null) checkOptions('altText', options);
  const { ofClient, call } = partsOf(options);
  checkOptions('altText', call);
  checkOptions('createGeminiImage', ofClient);
  const { apiKey, ...more } = ofClient;
  if (call.check && apiKey === undefined) {
    const { checkedTexts, pageNames } = await import('./alt-text.js');
    return checkedTexts(pageNames(files), call);
  }
  const client = clientWith({ ...more, apiKey: apiKey ?? '', onEvent: call.onEvent }, RETRIES);
  return client.altText(files, call);
}
