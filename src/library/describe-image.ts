import { checkOptions } from './check-options.js';
import { clientWith } from './client.js';
import type { ClientOptions, DescribeOptions } from './options.js';
import type { ImageInput } from './picture.js';
import type { Description } from './records.js';
import { type DescriptionStream, streaming } from './stream.js';

/** The options of a client and of its one call. */
export interface DescribeImageOptions<Data = unknown>
  extends ClientOptions,
    DescribeOptions<Data> {}

/** One picture is tried fewer times than one of many, which is more likely to be unlucky. */
const RETRIES = 4;

/**
 * Describes one picture by a client of its own, as `createGeminiImage(…).describe(…)` does.
 *
 * @throws GeminiImageError; if the picture has a name, its message begins with it.
 */
export async function describeImage<Data = unknown>(
  picture: ImageInput,
  options: DescribeImageOptions<Data>,
): Promise<Description<Data>> {
  checkOptions('describeImage', options);
  const { client, call } = parted(options);
  return client.describe(picture, call);
}

/**
 * Describes one picture piece by piece, by a client of its own. Leaving the loop early aborts the
 * request.
 *
 * @throws GeminiImageError from the loop and from `description`.
 */
export function describeImageStream(
  picture: ImageInput,
  options: DescribeImageOptions,
): DescriptionStream {
  return streaming(options, async (own, onText) => {
    checkOptions('describeImageStream', options);
    const { client, call } = parted(own);
    const stream = client.describeStream(picture, call);
    for await (const text of stream) await onText(text);
    return stream.description;
  });
}

function parted<Data>(options: DescribeImageOptions<Data>) {
  const { ofClient, call } = partsOf(options);
  const { apiKey } = options;
  return { client: clientWith({ ...ofClient, apiKey, onEvent: call.onEvent }, RETRIES), call };
}

/** The options of a client, and those of its one call. */
export function partsOf<Options extends Partial<ClientOptions>>(options: Options) {
  const {
    apiKey,
    baseUrl,
    timeoutMs,
    retries,
    proxy,
    store,
    tier,
    tierFallback,
    rpm,
    tpm,
    ...call
  } = options;
  const ofClient = {
    ...{ apiKey, baseUrl, timeoutMs, retries, proxy },
    ...{ store, tier, tierFallback, rpm, tpm },
  };
  return { ofClient, call };
}
