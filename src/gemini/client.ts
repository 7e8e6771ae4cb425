import { GeminiImageError } from '../domain/error.js';
import { FLEX_BUDGET_MS } from '../domain/error-policy.js';
import type { Notice, Tell, TellOfAnswer } from '../domain/events.js';
import type { Tier } from '../domain/model-settings.js';
import type { ProxySettings } from '../domain/proxy.js';
import type { Question, UploadedFile } from '../domain/question.js';
import type { Answer } from '../domain/record.js';
import { billOf, withBill } from '../domain/usage.js';
import { type Attempt, startAttempt } from '../network/attempt.js';
import { openConnection } from '../network/connection.js';
import type { Clock } from '../network/retry.js';
import type { StopSignals } from '../network/stop-signals.js';
import { type AnswerReader, readAnswer } from './answer.js';
import type { FilesContext, UploadOptions, UploadPicture } from './files/file-record.js';
import { keyHider, keyRedactor, withoutSecrets } from './key.js';
import { costOf, isAlias, priceFor, withThinkingHint } from './models.js';
import type { PaceSettings } from './pacing/pacer.js';
import { type Account, createRun } from './pacing/retry-policy.js';
import { type PackedRequest, packRequest } from './packed-request.js';
import { atTier, storable } from './request.js';
import { estimateInputTokens } from './request-size.js';
import { restOf } from './rest.js';
import { generateContent, streamGenerateContent } from './sdk.js';
import { storageRefusal } from './storage-refusal.js';
import { transportFor } from './transport.js';
import { readTier } from './usage-metadata.js';

export interface ClientSettings {
  apiKey: string;
  baseUrl: string;
  /** For one attempt; for a stream, the longest silence. */
  timeoutMs: number;
  /** For each question; those of a run that goes on elsewhere may not count. */
  retries: number;
  proxy?: ProxySettings | undefined;
  /** Whether the service may keep what is asked and answered, by its own rules. */
  store?: boolean | undefined;
  /** Sent with each request; where it is left out, the project's own tier holds. */
  tier?: Tier | undefined;
  /** Whether a question that flex has no room for is asked once without it, at the standard price. */
  tierFallback?: boolean | undefined;
  /** The day whose prices hold; that on which the client is made where it is left out. */
  pricesAt?: Date | undefined;
  /** Limits of the caller's own, besides those of the service, which are found out. */
  pace?: PaceSettings;
  /** Told when all questions begin to wait, and when they have to wait for longer. */
  tell?: Tell<'pause'>;
  clock?: Clock;
}

export interface AskOptions {
  /**
   * After `stop` no attempt begins any more, and a question that waits for one ends with its
   * reason; an attempt that is on its way goes on until `abort`.
   */
  signals?: StopSignals | undefined;
  /** Told of repetitions, and of what the user should know; the same is said once a client. */
  tell?: TellOfAnswer<'retry' | 'warning'> | undefined;
  account?: Account | undefined;
  /**
   * Given where the answer is to be streamed: takes each piece of text as it arrives, and is
   * waited for. It must not throw.
   */
  onText?: ((text: string) => Promise<void>) | undefined;
  /** Whether the pieces are shown to nobody, so that a stream may be repeated after them. */
  isUnseen?: boolean | undefined;
}

/** The calls of one run: its questions share one pace. */
export interface GeminiClient {
  /**
   * Asks for an answer, again where that makes sense, and returns it when it is finished. After
   * the first streamed piece nothing is repeated, so an error may follow a text.
   *
   * @throws GeminiImageError; its texts never hold the key. The reason of `stop`.
   */
  ask(question: Question, options?: AskOptions): Promise<Answer>;

  /**
   * Uploads a picture that is too large for a request, and waits until a question can refer to it.
   * It is to be deleted afterwards. Where this fails, nothing of it is left with the service, or
   * `copyLeft` is told.
   *
   * @throws GeminiImageError; its texts never hold the key.
   */
  upload(picture: UploadPicture, options?: UploadOptions): Promise<UploadedFile>;

  /**
   * Deletes an uploaded picture. It takes three seconds at most, so that it can be done after
   * Ctrl-C, without the signal that is aborted then. It never rejects.
   *
   * @returns whether the picture is gone, now or since before; it expires after 48 hours.
   */
  deleteFile(file: UploadedFile, options?: { signal?: AbortSignal | undefined }): Promise<boolean>;
}

/** Reads a stream to its end, or until the model has finished and nothing of it follows any more. */
async function readStream(
  stream: AsyncIterable<unknown>,
  reader: AnswerReader,
  attempt: Attempt,
  onText: (text: string) => Promise<void>,
): Promise<void> {
  try {
    for await (const chunk of stream) {
      // What has arrived already is not for a caller who called it off.
      attempt.signal.throwIfAborted();
      const text = reader.add(chunk);
      if (text !== '') {
        attempt.heard();
        await attempt.offTheClock(onText(text));
      }
      if (reader.isStopped()) attempt.finishing();
    }
  } catch (error) {
    if (!attempt.isOver) throw error;
  }
  const last = reader.rest();
  if (last !== '') await onText(last);
}

type TieredOptions = AskOptions & { tier?: Tier | undefined };

/** A failure of flex, where it says nothing of a quota: there is no room now. */
function orShed(error: GeminiImageError): GeminiImageError {
  const { reason, message } = error;
  if (reason !== 'exhausted' && reason !== 'overloaded') return error;
  return error.with({
    reason: 'shed',
    message: `flex has no room now: ${message}`,
    hint: 'Try again later, or add --tier-fallback to ask at the standard price then.',
  });
}

const fallingBack: Notice = {
  topic: 'tier',
  message:
    'flex has no room for what was asked, which is asked once more at the standard price (--tier-fallback)',
};

function withBilled(before: GeminiImageError, answer: Answer): Answer {
  return before.usage ? withBill(answer, billOf(before, answer)) : answer;
}

function routing(asked: string, answered: string): Notice {
  return {
    topic: 'routing',
    message: `${asked} was asked, and ${answered} answered: the service routes the calls, and bills them at the price of the model that answers`,
  };
}

/** Opens a client; connections are made with its first question. */
export function createClient(settings: ClientSettings): GeminiClient {
  const server = openConnection(settings.baseUrl, settings.proxy);
  const redact = keyRedactor(settings.apiKey);
  const hider = keyHider(settings.apiKey);
  const rest = restOf(server, settings.apiKey, settings.timeoutMs, redact);
  const files: FilesContext = { ...settings, rest };
  const { tier, tierFallback = false } = settings;
  const budgetMs = tier === 'flex' ? FLEX_BUDGET_MS : undefined;
  const run = createRun({ ...settings, budgetMs });
  const storage = storageRefusal(settings.baseUrl, settings.store ?? false);
  const { pricesAt = new Date() } = settings;
  const routed = new Set<string>();
  /** In whole seconds. */
  const patience = String(Math.ceil(settings.timeoutMs / 1000));
  // Few pictures are so large.
  const filesApi = () => import('./files/files.js');

  /** Asks once or, where the server does not know a field that can be done without, twice. */
  async function askOnce(
    question: Question,
    packed: PackedRequest,
    options: TieredOptions,
  ): Promise<Answer> {
    const warn = () => {
      const notice = storage.notice();
      if (notice) options.tell?.({ type: 'warning', ...notice });
    };
    try {
      if (storage.isSent()) return await exchangeOnce(question, packed, options);
    } catch (error) {
      if (!(error instanceof GeminiImageError) || !storage.isUnknown(error)) throw error;
    }
    warn();
    return exchangeOnce(question, { ...packed, request: storable(packed.request) }, options);
  }

  /** What an answer, or a failure that was billed, cost. */
  function costUsdOf(
    { usage, model, tier: served }: Answer | GeminiImageError,
    asked: string,
    askedTier: Tier | undefined,
  ) {
    const price = priceFor(model ?? asked, asked, pricesAt, served ?? askedTier);
    return usage && price && costOf(usage, price);
  }

  async function exchangeOnce(
    question: Question,
    packed: PackedRequest,
    { signals, onText, tier }: TieredOptions,
  ): Promise<Answer> {
    let headTier: Tier | undefined;
    const attempt = startAttempt(settings.timeoutMs, signals?.abort);
    const reader = readAnswer(question.model, question, hider);
    try {
      const call = {
        ...settings,
        model: question.model,
        request: atTier(packed.request, tier),
        fetch: transportFor(attempt, server, packed, onText !== undefined, {
          extra: tier === 'flex' ? { 'X-Server-Timeout': patience } : undefined,
          onHead(headers) {
            headTier = readTier(headers['x-gemini-service-tier']);
          },
        }),
      };
      if (onText) await readStream(streamGenerateContent(call), reader, attempt, onText);
      else reader.add(await generateContent(call));
      const finished = reader.finish();
      const served = finished.tier ?? headTier;
      const answer = served ? { ...finished, tier: served } : finished;
      const costUsd = costUsdOf(answer, question.model, tier);
      return costUsd === undefined ? answer : { ...answer, costUsd };
    } catch (error) {
      attempt.abandon();
      const thrown = withoutSecrets(attempt.failure ?? error, redact);
      const safe = thrown.usage ? thrown : reader.billed(thrown);
      const billed = safe.with({ tier: safe.tier ?? headTier });
      const costUsd = costUsdOf(billed, question.model, tier);
      const told = withThinkingHint(billed, question.model).with({ costUsd });
      const failure = tier === 'flex' ? orShed(told) : told;
      // What a broken stream had said is no answer, but need not be lost.
      throw failure.kind === 'service'
        ? failure.with({ partialText: reader.textSoFar() })
        : failure;
    } finally {
      attempt.end();
    }
  }

  const safely = (error: unknown) => {
    throw withoutSecrets(error, redact);
  };

  return {
    async ask(question, options = {}) {
      const { signals, tell, account, onText, isUnseen = false } = options;
      let begun = false;
      const onFirstText = async (text: string) => {
        begun = true;
        await onText?.(text);
      };
      const request = await packRequest(question).catch(safely);
      const attempt = () =>
        askOnce(question, request, { signals, tell, tier, onText: onText && onFirstText });
      const tokens = estimateInputTokens(question);
      const mayRepeat = () => isUnseen || !begun;
      const repeating = { tokens, signals, tell, account, mayRepeat };
      const answer = await run.untilAnswered(attempt, repeating).catch(async (error: unknown) => {
        const hasRoom = !(error instanceof GeminiImageError) || error.reason !== 'shed';
        if (!tierFallback || hasRoom || signals?.stop.aborted) throw error;
        tell?.({ type: 'warning', ...fallingBack });
        const options = { signals, tell, onText: onText && onFirstText };
        const atStandard = () => askOnce(question, request, options);
        const once = { ...repeating, mayRepeat: () => false };
        return withBilled(error, await run.untilAnswered(atStandard, once));
      });
      const { model, askedModel } = answer;
      if (askedModel !== undefined && !isAlias(askedModel) && !routed.has(model)) {
        routed.add(model);
        tell?.({ type: 'warning', ...routing(askedModel, model) });
      }
      return answer;
    },

    async upload(picture, options = {}) {
      const { uploadPicture } = await filesApi();
      return uploadPicture(files, picture, options).catch(safely);
    },

    async deleteFile(file, { signal } = {}) {
      const { deleteFile } = await filesApi();
      return deleteFile(files, file, signal);
    },
  };
}
