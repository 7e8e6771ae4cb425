import { inspect } from 'node:util';
import { GeminiImageError } from '../domain/error.js';
import type { ProxySettings } from '../domain/proxy.js';
import type { Question } from '../domain/question.js';
import type { Answer } from '../domain/record.js';
import { startAttempt } from '../network/attempt.js';
import { openConnection } from '../network/connection.js';
import { shorten } from '../network/one-line.js';
import { type Clock, type RetrySettings, retryLadder } from '../network/retry.js';
import { readAnswer } from './answer.js';
import { keyRedactor } from './key.js';
import { buildRequest } from './request.js';
import { generateContent, streamGenerateContent } from './sdk.js';
import { transportFor } from './transport.js';

export interface ClientSettings {
  apiKey: string;
  baseUrl: string;
  /** For one attempt; for a stream, the longest silence. */
  timeoutMs: number;
  retries: number;
  proxy?: ProxySettings | undefined;
  clock?: Clock;
}

export interface AskOptions {
  signal?: AbortSignal | undefined;
  onRetry?: RetrySettings['onRetry'];
  /**
   * Given where the answer is to be streamed: takes each piece of text as it arrives, and is
   * waited for. It must not throw.
   */
  onText?: ((text: string) => Promise<void>) | undefined;
}

export interface GeminiClient {
  /**
   * Asks for an answer, again where that makes sense, and returns it when it is finished. After
   * the first streamed piece nothing is repeated, so an error may follow a text.
   *
   * @throws GeminiImageError; its texts never hold the key.
   */
  ask(question: Question, options?: AskOptions): Promise<Answer>;
}

/** Opens a client; connections are made with its first question. */
export function createClient(settings: ClientSettings): GeminiClient {
  const post = openConnection(settings.baseUrl, settings.proxy);
  const redact = keyRedactor(settings.apiKey);

  async function askOnce(question: Question, { signal, onText }: AskOptions): Promise<Answer> {
    const attempt = startAttempt(settings.timeoutMs, signal);
    const reader = readAnswer(question.model);
    try {
      const call = {
        ...settings,
        model: question.model,
        request: buildRequest(question),
        fetch: transportFor(attempt, post, onText !== undefined),
      };
      if (onText) {
        for await (const chunk of streamGenerateContent(call)) {
          // What has arrived already is not for a caller who called it off.
          attempt.signal.throwIfAborted();
          const text = reader.add(chunk);
          if (text !== '') await attempt.offTheClock(onText(text));
        }
      } else reader.add(await generateContent(call));
      return reader.finish();
    } catch (error) {
      attempt.abandon();
      const failure = withoutKey(attempt.failure ?? error, redact);
      // What a broken stream had said is no answer, but need not be lost.
      throw failure.kind === 'service'
        ? failure.with({ partialText: reader.textSoFar() })
        : failure;
    } finally {
      attempt.end();
    }
  }

  return {
    async ask(question, options = {}) {
      const climb = retryLadder({ ...settings, ...options });
      const { onText } = options;
      let begun = false;
      const onFirstText = async (text: string) => {
        begun = true;
        await onText?.(text);
      };
      for (;;) {
        try {
          return await askOnce(question, { ...options, onText: onText && onFirstText });
        } catch (error) {
          if (begun) throw error;
          await climb(error);
        }
      }
    },
  };
}

/** Hides the key in all that can be printed of an error; a foreign error is a bug of ours. */
function withoutKey(error: unknown, redact: (text: string) => string): GeminiImageError {
  if (!(error instanceof GeminiImageError)) {
    const message = error instanceof Error ? error.message : String(error);
    return withoutKey(new GeminiImageError({ kind: 'internal', message, cause: error }), redact);
  }
  const { message, hint, cause } = error;
  const causeInWords = inspect(cause, { depth: 8 });
  const safeWords = redact(causeInWords);
  return error.with({
    message: shorten(redact(message)),
    hint: hint && redact(hint),
    ...(safeWords !== causeInWords && { cause: safeWords }),
  });
}
