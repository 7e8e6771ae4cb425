/** A bare client for these tests: it shares nothing with the one in src/gemini. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll } from 'vitest';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../src/emulator/emulator.js';

export const MODEL = 'gemini-3.5-flash-lite';

export interface Reply {
  status: number;
  type: string | null;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into by tests, field by field.
  json: any;
}

/** One emulator for all tests of a file. */
export function emulatorForFile(options: EmulatorOptions = {}) {
  let emulator: Emulator | undefined;
  beforeAll(async () => {
    emulator = await startEmulator(options);
  });
  afterAll(async () => {
    await emulator?.close();
  });
  const url = () => emulator?.url ?? '';
  return {
    url,
    get: (path: string, headers: Record<string, string> = { 'x-goog-api-key': 'k' }) =>
      send(`${url()}${path}`, { headers }),
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      send(`${url()}${path}`, {
        method: 'POST',
        headers: { 'x-goog-api-key': 'k', 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    /** `generateContent` on the default model. */
    generate: (body: unknown, model = MODEL) =>
      send(`${url()}/v1beta/models/${model}:generateContent`, {
        method: 'POST',
        headers: { 'x-goog-api-key': 'k' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  };
}

export async function send(url: string, init: RequestInit): Promise<Reply> {
  const response = await fetch(url, init);
  const text = await response.text();
  const type = response.headers.get('content-type');
  const json = type?.startsWith('application/json') ? JSON.parse(text) : undefined;
  return { status: response.status, type, text, json };
}

export function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));
}

/** A request with pictures, each `[mimeType, bytes]`, and a prompt after them. */
export function about(...pictures: [mimeType: string, bytes: Buffer][]) {
  const parts = pictures.map(([mimeType, bytes]) => ({
    inlineData: { mimeType, data: bytes.toString('base64') },
  }));
  return { contents: [{ role: 'user', parts: [...parts, { text: 'What is it?' }] }] };
}

/** A request with words only, and whatever else is given. */
export function saying(text: string, rest: object = {}) {
  return { contents: [{ role: 'user', parts: [{ text }] }], ...rest };
}
