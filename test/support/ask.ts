/** One-line questions to a server, through the real client. */
import { expect } from 'vitest';
import { contentOf } from '../../src/domain/content.js';
import { GeminiImageError } from '../../src/domain/error.js';
import type { Question } from '../../src/domain/question.js';
import type { Answer } from '../../src/domain/record.js';
import { type AskOptions, type ClientSettings, createClient } from '../../src/gemini/client.js';
import type { Clock } from '../../src/network/retry.js';
import type { StopSignals } from '../../src/network/stop-signals.js';

export const KEY = 'AIzaSyNot-a-real-key_0123456789abcdefgh';

export const MODEL = 'gemini-3.5-flash-lite';

/** One picture in memory, and what is asked about it. */
export function questionOf(
  bytes: Uint8Array,
  prompt = 'What is it?',
  mimeType = 'image/png',
): Question {
  return {
    model: MODEL,
    parts: [{ inline: { content: contentOf(bytes), mimeType } }, { text: prompt }],
  };
}

export const QUESTION: Question = questionOf(new Uint8Array([1, 2, 3]));

/** A clock on which waiting takes no time, and which remembers what was waited for. */
export interface TestClock extends Clock {
  waits: number[];
}

export function testClock(random = 0.5): TestClock {
  const waits: number[] = [];
  let now = 0;
  return {
    waits,
    now: () => now,
    random: () => random,
    async sleep(ms) {
      waits.push(ms);
      now += ms;
    },
  };
}

/** Of a run that stops, and aborts nothing. */
export function stoppedBy({ signal }: AbortController): StopSignals {
  return { stop: signal, abort: new AbortController().signal };
}

/** Where to ask; a server or its address. */
type Where = string | { url: string };

export type Settings = Partial<ClientSettings>;

/** No retries and no short timeout, unless the test is about them. */
export function clientOf(where: Where, settings: Settings = {}) {
  return createClient({
    apiKey: KEY,
    baseUrl: typeof where === 'string' ? where : where.url,
    timeoutMs: 60_000,
    retries: 0,
    clock: testClock(),
    ...settings,
  });
}

export async function ask(where: Where, settings?: Settings, options?: AskOptions) {
  return (await clientOf(where, settings)).ask(QUESTION, options);
}

/** Asks for a stream; what came before a failure is kept. */
export async function askStreaming(where: Where, settings?: Settings, options?: AskOptions) {
  const pieces: string[] = [];
  const onText = async (text: string) => {
    pieces.push(text);
  };
  const outcome: { answer?: Answer; error?: GeminiImageError } = await ask(where, settings, {
    onText,
    ...options,
  }).then(
    (answer) => ({ answer }),
    async (error) => ({ error: await failureOf(Promise.reject(error)) }),
  );
  return { pieces, ...outcome };
}

/** The error that a question ends in. */
export function askInVain(where: Where, settings?: Settings, options?: AskOptions) {
  return failureOf(ask(where, settings, options));
}

/** The error of a promise that must fail, and with nothing but our own class. */
export async function failureOf(promise: Promise<unknown>): Promise<GeminiImageError> {
  const error = await promise.then(
    (value) => expect.unreachable(`it did not fail, but gave ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(GeminiImageError);
  return error as GeminiImageError;
}

/** Everything that a program could print of an error. */
export function words(error: GeminiImageError): string {
  return [error.message, error.hint, error.partialText].join('\n');
}
