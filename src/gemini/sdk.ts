import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ReadableStream } from 'node:stream/web';
import { compileFunction } from 'node:vm';
import type * as Sdk from '@google/generative-ai';
import { requirePackage } from '../own-files.js';
import type { GenerateContentRequest } from './request.js';

/** The part of `fetch` that the SDK uses. */
export type SdkFetch = (
  url: string,
  init: { headers: Record<string, string>; body: string },
) => Promise<SdkResponse>;

/** What the SDK reads of a response: `json` for a whole answer, `body` for a stream. */
export type SdkResponse = { ok: true } & (
  | { json: () => Promise<unknown> }
  | { body: ReadableStream<Uint8Array> }
);

/** A request, and the `fetch` that sends it. */
export interface SdkCall {
  apiKey: string;
  baseUrl: string;
  model: string;
  request: GenerateContentRequest;
  fetch: SdkFetch;
}

/** A header that tells our `fetch` which call it serves; it is not sent. */
const CALL_HEADER = 'x-gemini-image-call';
/** By the number of the call, which is used again for another one. */
const fetches: (SdkFetch | undefined)[] = [];
const freeNumbers: number[] = [];
let loaded: typeof Sdk | undefined;

/** Asks for a whole answer. The result is valid JSON, but is not checked further. */
export async function generateContent(call: SdkCall): Promise<unknown> {
  const { response } = await withModel(call, (model) => model.generateContent(contentsOf(call)));
  return response;
}

/** Asks for a streamed answer. Its chunks are valid JSON, but are not checked further. */
export async function* streamGenerateContent(call: SdkCall): AsyncGenerator<unknown, void> {
  const result = await withModel(call, (model) => model.generateContentStream(contentsOf(call)));
  // The SDK also collects the stream, wrongly, and nobody else would catch the failure of that.
  result.response.catch(() => undefined);
  yield* result.stream;
}

/**
 * Calls may run at the same time: a header tells `fetch` which one it serves, and is then removed.
 */
async function withModel<T>(
  call: SdkCall,
  ask: (model: Sdk.GenerativeModel) => Promise<T>,
): Promise<T> {
  const number = freeNumbers.pop() ?? fetches.length;
  fetches[number] = call.fetch;
  try {
    return await ask(modelFor(call, String(number)));
  } finally {
    fetches[number] = undefined;
    freeNumbers.push(number);
  }
}

/** Fields that the SDK does not know, such as `store`, pass through it beside the contents. */
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
  // The SDK's own timeout and signal keep the process alive and leak listeners.
  const model = new loaded.GoogleGenerativeAI(apiKey).getGenerativeModel(
    { model: name },
    { baseUrl, customHeaders: { [CALL_HEADER]: id } },
  );
  // The SDK would send empty settings with every request, and a role in the system instruction.
  const { systemInstruction, generationConfig, safetySettings } = request;
  return Object.assign(model, { systemInstruction, generationConfig, safetySettings });
}

/**
 * Loads the SDK with our `fetch` in place of the global one. The SDK takes no `fetch` as an option,
 * and replacing the global one would affect the program that uses this library. `Headers` is
 * replaced too, since the global one would load all of Node's `fetch` for three fields.
 */
function loadSdk(): typeof Sdk {
  const filename = requirePackage.resolve('@google/generative-ai');
  const module = { exports: {} as typeof Sdk };
  const boundFetch = (url: string, { headers, body }: { headers: PlainHeaders; body: string }) => {
    const { [CALL_HEADER]: number, ...fields } = headers.fields;
    const fetchNow = fetches[Number(number)];
    if (!fetchNow) throw new Error('the SDK made a request outside a call');
    return fetchNow(url, { headers: fields, body });
  };
  const names = ['exports', 'module', 'require', 'fetch', 'Headers'];
  const load = compileFunction(readFileSync(filename, 'utf8'), names, { filename });
  load(module.exports, module, createRequire(filename), boundFetch, PlainHeaders);
  return module.exports;
}

/** The part of the global `Headers` that the SDK uses. */
class PlainHeaders {
  readonly fields: Record<string, string>;

  constructor(fields: Readonly<Record<string, string>> = {}) {
    this.fields = Object.assign({}, fields);
  }

  entries(): [string, string][] {
    return Object.entries(this.fields);
  }

  append(name: string, value: string): void {
    this.fields[name] = value;
  }
}
