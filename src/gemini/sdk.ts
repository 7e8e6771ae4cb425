import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ReadableStream } from 'node:stream/web';
import { compileFunction } from 'node:vm';
import type * as Sdk from '@google/generative-ai';
import type { GenerateContentRequest } from './request.js';

/** As much of a `fetch` as the SDK asks for. */
export type SdkFetch = (
  url: string,
  init: { headers: Record<string, string>; body: string },
) => Promise<SdkResponse>;

/** What the SDK reads of a response: `json` of a whole answer, `body` of a stream. */
export type SdkResponse = { ok: true } & (
  | { json: () => Promise<unknown> }
  | { body: ReadableStream<Uint8Array> }
);

/** A request and the fetch that carries it. */
export interface SdkCall {
  apiKey: string;
  baseUrl: string;
  model: string;
  request: GenerateContentRequest;
  fetch: SdkFetch;
}

const require = createRequire(import.meta.url);
const fetchOfThisCall = new AsyncLocalStorage<SdkFetch>();
let loaded: typeof Sdk | undefined;

/** Asks for a whole answer. What comes back is unchecked: only its JSON is known to be sound. */
export async function generateContent(call: SdkCall): Promise<unknown> {
  const { response } = await fetchOfThisCall.run(call.fetch, () =>
    modelFor(call).generateContent(call.request),
  );
  return response;
}

/** Asks for a streamed answer, chunk by chunk, each as unchecked as a whole answer. */
export async function* streamGenerateContent(call: SdkCall): AsyncGenerator<unknown, void> {
  const result = await fetchOfThisCall.run(call.fetch, () =>
    modelFor(call).generateContentStream(call.request),
  );
  // The SDK aggregates a second copy of the stream, wrongly, and nobody would catch its failure.
  result.response.catch(() => undefined);
  yield* result.stream;
}

function modelFor({ apiKey, baseUrl, model: name }: SdkCall): Sdk.GenerativeModel {
  loaded ??= loadSdk();
  // No timeout and no signal: the SDK's own keep the process alive and leak listeners.
  const model = new loaded.GoogleGenerativeAI(apiKey).getGenerativeModel(
    { model: name },
    { baseUrl },
  );
  // The SDK would send both, empty, with every request.
  return Object.assign(model, { generationConfig: undefined, safetySettings: undefined });
}

/**
 * Loads the SDK with a `fetch` of ours in place of the global one. The SDK offers no way to hand
 * one in, and changing the global would reach into the program that uses this library. `Headers`
 * comes along, since the global one would load all of Node's `fetch` for three fields.
 */
function loadSdk(): typeof Sdk {
  const filename = require.resolve('@google/generative-ai');
  const module = { exports: {} as typeof Sdk };
  const boundFetch = (url: string, { headers, body }: { headers: PlainHeaders; body: string }) => {
    const fetchNow = fetchOfThisCall.getStore();
    if (!fetchNow) throw new Error('the SDK made a request outside a call');
    return fetchNow(url, { headers: headers.fields, body });
  };
  const names = ['exports', 'module', 'require', 'fetch', 'Headers'];
  const load = compileFunction(readFileSync(filename, 'utf8'), names, { filename });
  load(module.exports, module, createRequire(filename), boundFetch, PlainHeaders);
  return module.exports;
}

/** As much of the global `Headers` as the SDK asks for. */
class PlainHeaders {
  readonly fields: Record<string, string> = {};

  append(name: string, value: string): void {
    this.fields[name] = value;
  }
}
