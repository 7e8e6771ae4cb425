import { usageError } from '../domain/error.js';
import { checkOptions } from './check-options.js';
import type { EmulatorOptions } from './options.js';

export type AskedRequest = import('../emulator/script/asked.js').AskedRequest;
export type AnswerRule = import('../emulator/script/script.js').AnswerRule;
export type ScriptedAnswers = import('../emulator/script/script.js').ScriptedAnswers;
export type ScriptedReply = import('../emulator/script/script.js').ScriptedReply;

/** A Gemini API on this machine. */
export interface Emulator {
  /** `http://127.0.0.1:PORT`, for `baseUrl`. It takes any key that does not begin with `invalid`. */
  readonly url: string;
  /** What was asked so far, without the bytes of the pictures. */
  readonly requests: readonly AskedRequest[];
  /** Stops listening and ends open connections. */
  close(): Promise<void>;
}

/**
 * Starts the emulator that `--offline` asks, for tests of one's own: as strict as the service, over
 * HTTP on loopback, without a network.
 *
 * @throws GeminiImageError of kind `usage` for wrong options, or if it cannot listen.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  checkOptions('startEmulator', options);
  const { startEmulator: start } = await import('../emulator/emulator.js');
  const requests: AskedRequest[] = [];
  const onAsked = (asked: AskedRequest) => requests.push(asked);
  const emulator = await start({ ...options, onAsked }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw usageError(`the emulator cannot start: ${why}`, undefined, error);
  });
  return { url: emulator.url, requests, close: emulator.close };
}
