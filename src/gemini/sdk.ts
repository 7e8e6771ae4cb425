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

/** Says, among the headers that the SDK hands to `fetch`, which call it is; it is not sent. */
const CALL_HEADER = 'x-gemini-image-call';
const fetches = new Map<string, SdkFetch>();
let calls = 0;
let loaded: typeof Sdk | undefined;

/** Asks for a whole answer. What comes back is unchecked: only its JSON is known to be sound. */
export async function generateContent(call: SdkCall): Promise<unknown> {
  const { response } = await withModel(call, (model) => model.generateContent(contentsOf(call)));
  return response;
}

/** Asks for a streamed answer, chunk by chunk, each as unchecked as a whole answer. */
export async function* streamGenerateContent(call: SdkCall): AsyncGenerator<unknown, void> {
  const result = await withModel(call, (model) => model.generateContentStream(contentsOf(call)));
  // The SDK aggregates a second copy of the stream, wrongly, and nobody would catch its failure.
  result.response.catch(() => undefined);
  yield* result.stream;
}

/** Calls run side by side: `fetch` is told apart by a header that it takes out again. */
async function withModel<T>(
  call: SdkCall,
  ask: (model: Sdk.GenerativeModel) => Promise<T>,
): Promise<T> {
  calls += 1;
  const id = String(calls);
  fetches.set(id, call.fetch);
  try {
    return await ask(modelFor(call, id));
  } finally {
    fetches.delete(id);
  }
}

/** What the SDK does not know, such as `store`, goes through it unchanged beside the contents. */
function contentsOf({ request: { contents, store, serviceTier } }: SdkCall) {
  return {
    contents,
    ...(store !== undefined && { store }),
    ...(serviceTier !== undefined && { serviceTier }),
  };
}

function modelFor(
  { apiKey, baseUrl, model: name, request }: SdkCall,
  id: string,
): Sdk.GenerativeModel {
  loaded ??= loadSdk();
  // No timeout and no signal: the SDK's own keep the process alive and leak listeners.
  const model = new loaded.GoogleGenerativeAI(apiKey).getGenerativeModel(
    { model: name },
    { baseUrl, customHeaders: { [CALL_HEADER]: id } },
  );
  // The SDK would send empty settings with every request, and a role with the system instruction.
  const { systemInstruction, generationConfig, safetySettings } = request;
  return Object.assign(model, { systemInstruction, generationConfig, safetySettings });
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
    const { [CALL_HEADER]: id = '', ...fields } = headers.fields;
    const fetchNow = fetches.get(id);
    if (!fetchNow) throw new Error('the SDK made a request outside a call');
    return fetchNow(url, { headers: fields, body });
  };
  const names = ['exports', 'module', 'require', 'fetch', 'Headers'];
  const load = compileFunction(readFileSync(filename, 'utf8'), names, { filename });
  load(module.exports, module, createRequire(filename), boundFetch, PlainHeaders);
  return module.exports;
}

/** As much of the global `Headers` as the SDK asks for. */
class PlainHeaders {
  readonly fields: Record<string, string>;

  constructor(fields: Readonly<Record<string, string>> = {}) {
    this.fields = { ...fields };
  }

  entries(): [string, string][] {
    return Object.entries(this.fields);
  }

  append(name: string, value: string): void {
    this.fields[name] = value;
  }
}
