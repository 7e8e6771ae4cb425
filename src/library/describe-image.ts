import { fileURLToPath } from 'node:url';
import type { Brief } from '../domain/brief.js';
import { GeminiImageError, usageError } from '../domain/error.js';
import type { CaptionListener } from '../domain/events.js';
import { type ModelSettings, modelSettingsIn, TIERS, type Tier } from '../domain/model-settings.js';
import type { ProxySettings } from '../domain/proxy.js';
import type { OkRecord } from '../domain/record.js';
import { askOne } from '../engine/one-image.js';
import { naming } from '../engine/outcome.js';
import { DEFAULT_BASE_URL, isLocalService, parseBaseUrl } from '../gemini/base-url.js';
import { createClient } from '../gemini/client.js';
import { cleanKey } from '../gemini/key.js';
import { DEFAULT_MODEL, parseModel } from '../gemini/models.js';
import { type ImageReference, isWebAddress, referenceTo } from '../images/find/reference.js';
import type { NamedBytes } from '../images/load.js';
import { onAbort } from '../network/abort.js';
import { withoutGrace } from '../network/stop-signals.js';
import { briefFor } from '../tasks/describe/prompt.js';
import type { BriefOptions } from '../tasks/describe/styled-prompt.js';

export interface DescribeOptions extends BriefOptions, ModelSettings {
  /** The Gemini API key. It is sent only to the origin of the base URL. */
  apiKey: string;
  /** `gemini-3.5-flash-lite` by default. */
  model?: string;
  /**
   * A JSON Schema for the answer: `data` of the description is then the value of its JSON. Only the
   * part of JSON Schema that Gemini takes may be used.
   */
  schema?: object;
  /** Another address of the API: https, or http on loopback. */
  baseUrl?: string;
  /**
   * For one attempt, in milliseconds; for a stream, the longest silence. 120,000 by default, and
   * 600,000 with the tier `flex`.
   */
  timeoutMs?: number;
  /**
   * How many times a failure that may pass is retried, 4 by default. If it is left out, a limit (429)
   * that may pass is waited for up to ten minutes, and `onEvent` is told.
   */
  retries?: number;
  /** Aborting it ends the work with an error of kind `interrupted`. */
  signal?: AbortSignal;
  /** The longest side that is sent, in pixels: 3072 by default (HEIC: any), 0 for any. */
  maxEdge?: number;
  /** Sends EXIF, XMP, IPTC and comments too. */
  keepMetadata?: boolean;
  /** Sends the file byte for byte. Its type must be one that Gemini takes. */
  original?: boolean;
  /** Sends what can be decoded of a picture that is cut off or damaged. */
  damaged?: boolean;
  /** Also fetches pictures from private, loopback and link-local addresses. */
  allowPrivateHosts?: boolean;
  /**
   * Lets Google keep the picture and the answer if your project's settings say so; without it, each
   * request asks Google not to.
   */
  store?: boolean;
  /** `flex` costs half, may take minutes and may be refused at any time; `priority` costs more. */
  tier?: Tier;
  /** Asks once at the standard price if flex has had no room for an hour, or gave no answer in time. */
  tierFallback?: boolean;
  /** The library reads no environment variable for this. */
  proxy?: ProxySettings;
  /** Called with warnings and retries. */
  onEvent?: CaptionListener;
}

/** A finished description, with facts about the picture and the call. */
export type Description = OkRecord;

/** The text of a description as it arrives. */
export interface DescriptionStream extends AsyncIterable<string> {
  /** The finished description; it comes even if nobody reads the text. */
  readonly description: Promise<Description>;
}

/** A path, a `file:` or `http(s):` URL, or the picture's bytes. */
export type ImageInput = string | URL | Uint8Array;

/**
 * Describes one picture.
 *
 * @throws GeminiImageError; if a path was given, its message begins with it.
 */
export async function describeImage(
  image: ImageInput,
  options: DescribeOptions,
): Promise<Description> {
  return describe(image, options, options?.signal);
}

/**
 * Describes one picture piece by piece. Leaving the loop early aborts the request.
 *
 * @throws GeminiImageError from the loop and from `description`.
 */
export function describeImageStream(
  image: ImageInput,
  options: DescribeOptions,
): DescriptionStream {
  // No limit: a caption is small, and the description must come even if nobody reads the text.
  const room = new CountQueuingStrategy({ highWaterMark: Number.POSITIVE_INFINITY });
  const { readable, writable } = new TransformStream<string, string>({}, undefined, room);
  const writer = writable.getWriter();
  const reader = new AbortController();
  const signal = options?.signal;
  const callOff = () => reader.abort(signal?.reason);
  if (signal?.aborted) callOff();
  const stopListening = signal && !signal.aborted ? onAbort(signal, callOff) : undefined;

  // A reader who leaves the loop closes the stream; nobody waits for the rest then.
  writer.closed.catch(() => reader.abort());
  const onText = (text: string) => writer.write(text).catch(() => undefined);
  const description = describe(image, options, reader.signal, onText).finally(() => {
    stopListening?.();
  });
  // The end of the text, with or without an error, which a reader of only the text must see too.
  const ended = description.then(
    () => writer.close(),
    (error) => writer.abort(error),
  );
  ended.catch(() => undefined);
  return { description, [Symbol.asyncIterator]: () => readable[Symbol.asyncIterator]() };
}

async function describe(
  image: ImageInput,
  options: DescribeOptions,
  signal: AbortSignal | undefined,
  onText?: (text: string) => Promise<void>,
): Promise<Description> {
  check(typeof options === 'object' && options !== null, 'options must be an object');
  const { prompt, timeoutMs = 120_000, retries = 4, proxy, onEvent } = options;
  check(
    prompt === undefined || (typeof prompt === 'string' && prompt.trim() !== ''),
    'prompt must not be empty',
  );
  check(timeoutMs > 0, 'timeoutMs must be more than 0');
  check(Number.isInteger(retries) && retries >= 0, 'retries must be a whole number, 0 or more');
  const { tier } = options;
  check(tier === undefined || TIERS.includes(tier), `tier must be one of ${TIERS.join(', ')}`);
  const apiKey = requireKey(options.apiKey);
  const baseUrl = parseBaseUrl(options.baseUrl ?? DEFAULT_BASE_URL);
  const client = createClient({
    apiKey,
    baseUrl,
    timeoutMs: options.timeoutMs ?? (options.tier === 'flex' ? 600_000 : timeoutMs),
    retries,
    waitsForLimits: options.retries === undefined,
    proxy,
    store: options.store === true,
    tier: options.tier,
    tierFallback: options.tierFallback === true,
  });
  const model = parseModel(options.model ?? DEFAULT_MODEL);
  const source = sourceOf(image);
  const { maxEdge, keepMetadata = false, original = false } = options;
  const { damaged = false } = options;
  const isEdge = maxEdge === undefined || (Number.isInteger(maxEdge) && maxEdge >= 0);
  check(isEdge, 'maxEdge must be a whole number, 0 or more');
  const { allowPrivateHosts = false } = options;
  const web = { timeoutMs, retries, allowPrivateHosts, proxy };
  const load = { web, maxEdge, keepMetadata, original, damaged };
  const isLocal = isLocalService(baseUrl);
  const brief = await briefOfOptions(options);
  check(!(onText && brief.schema), 'an answer in JSON has to be whole, and cannot be streamed');
  const settings = modelSettingsIn(options);
  const signals = signal && withoutGrace(signal);
  const task = { tier, model, brief, settings, isLocal, load, signals, tell: onEvent, onText };
  try {
    return await askOne(source, client, task);
  } catch (error) {
    throw 'bytes' in source ? error : naming(source.label, error);
  }
}

async function briefOfOptions(options: DescribeOptions): Promise<Brief> {
  const { schema } = options;
  if (schema === undefined) return briefFor(options);
  const { fitForGemini } = await import('../schema/gemini-subset.js');
  const { schemaBrief } = await import('../tasks/describe/schema-prompt.js');
  return schemaBrief(fitForGemini(schema), options);
}

function sourceOf(image: ImageInput): ImageReference | NamedBytes {
  if (typeof image === 'string') return referenceTo(image);
  if (image instanceof Uint8Array) return { id: 'image', label: 'image', bytes: image };
  check(image instanceof URL, IMAGE_INPUT);
  if (isWebAddress(image.href)) return referenceTo(image.href);
  check(image.protocol === 'file:', IMAGE_INPUT);
  return referenceTo(fileURLToPath(image));
}

const IMAGE_INPUT = 'image must be a path, a file: or http(s): URL, or a Uint8Array';

/** Callers in plain JavaScript may pass any value. */
function check(holds: boolean, message: string): void {
  if (!holds) throw usageError(message);
}

/** Callers in plain JavaScript may pass an environment variable that is not set. */
function requireKey(raw: string | undefined): string {
  const key = cleanKey(raw ?? '');
  if (key !== undefined) return key;
  throw new GeminiImageError({
    kind: 'auth',
    message: 'no API key is given',
    hint: 'Get one at https://aistudio.google.com/apikey and pass it as apiKey.',
  });
}
