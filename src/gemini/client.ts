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
import type { LargeSchemas } from './large-schemas.js';
import { costOf, isAlias, type Price, priceFor, withThinkingHint } from './models.js';
import type { PaceSettings } from './pacing/pacer.js';
import { type Account, createRun } from './pacing/retry-policy.js';
import { type PackedRequest, packRequest } from './packed-request.js';
import { atTier, storable, storageRefusal } from './request.js';
import { estimateInputTokens } from './request-size.js';
import { generateContent, streamGenerateContent } from './sdk.js';
import { transportFor } from './transport.js';
import { readTier } from './usage-metadata.js';

export interface ClientSettings {
  apiKey: string;
  baseUrl: string;
  /** For one attempt; for a stream, the longest silence. */
  timeoutMs: number;
  /** For each question. Retries during a rate limit or an outage of the service may not count. */
  retries: number;
  /** Whether a limit that may pass is waited for beyond them, up to ten minutes. */
  waitsForLimits?: boolean | undefined;
  proxy?: ProxySettings | undefined;
  /** Whether the service may keep questions and answers, by its own rules. */
  store?: boolean | undefined;
  /** Sent with each request; without it, the project's own tier applies. */
  tier?: Tier | undefined;
  /** Whether a question that flex has no room for is asked once more at the standard price. */
  tierFallback?: boolean | undefined;
  /** The day whose prices apply; by default, the day when the client is made. */
  pricesAt?: Date | undefined;
  /** Limits of the caller, in addition to those of the service, which are discovered. */
  pace?: PaceSettings;
  /** Called when all questions begin to wait, and when their wait becomes longer. */
  tell?: Tell<'pause'>;
  clock?: Clock;
}

export interface AskOptions {
  /**
   * After `stop`, no attempt begins any more. A question that waits for an attempt ends with its
   * reason; an attempt in progress goes on until `abort`.
   */
  signals?: StopSignals | undefined;
  /** Called with retries and warnings; the same warning comes once per client. */
  tell?: TellOfAnswer<'retry' | 'warning'> | undefined;
  account?: Account | undefined;
  /**
   * Set if the answer is streamed: called with each piece of text as it arrives, and awaited. It
   * must not throw.
   */
  onText?: ((text: string) => Promise<void>) | undefined;
  /** Whether nobody sees the pieces, so that a stream may be repeated after some have arrived. */
  isUnseen?: boolean | undefined;
}

/** The calls of one run. They share one pace. */
export interface GeminiClient {
  /**
   * Asks, repeats the request if that makes sense, and returns the finished answer. After the first
   * streamed piece nothing is repeated, so an error may follow a text.
   *
   * @throws GeminiImageError, whose texts never hold the key, or the reason of `stop`.
   */
  ask(question: Question, options?: AskOptions): Promise<Answer>;

  /**
   * Uploads a picture that is too large for a request, and waits until a question can refer to it.
   * The caller must delete it afterwards. If the upload fails, nothing of it is left with the
   * service, or a `copyLeft` event says that something may be.
   *
   * @throws GeminiImageError; its texts never hold the key.
   */
  upload(picture: UploadPicture, options?: UploadOptions): Promise<UploadedFile>;

  /**
   * Deletes an uploaded picture, in three seconds at most. That leaves time for it after Ctrl-C,
   * but without the signal that Ctrl-C aborts. It never rejects.
   *
   * @returns whether the picture is gone, by this call or before; otherwise it expires after 48
   *   hours.
   */
  deleteFile(file: UploadedFile, options?: { signal?: AbortSignal | undefined }): Promise<boolean>;
}

/** Reads a stream to its end, or until the model has finished and no more text of it follows. */
async function readStream(
  stream: AsyncIterable<unknown>,
  reader: AnswerReader,
  attempt: Attempt,
  onText: (text: string) => Promise<void>,
): Promise<void> {
  try {
    for await (const chunk of stream) {
      // After an abort, the caller must not get what has already arrived.
      attempt.signal.throwIfAborted();
      const text = await reader.add(chunk);
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

/** A failure in the flex tier: if it names no quota, there is no room now. */
function ofFlex(error: GeminiImageError): GeminiImageError {
  const { reason, message } = error;
  if (reason === 'no answer') {
    return error.with({
      hint: 'Try again later, wait longer with --timeout <seconds>, or add --tier-fallback to ask at the standard price then.',
    });
  }
  if (reason !== 'exhausted' && reason !== 'overloaded') return error;
  return error.with({
    reason: 'shed',
    message: `flex has no room now: ${message}`,
    hint: 'Try again later, or add --tier-fallback to ask at the standard price then.',
  });
}

/** Whether flex had no room, or gave no answer in time, so that the standard tier may answer. */
function isMissedByFlex({ reason, httpStatus }: GeminiImageError): boolean {
  return reason === 'shed' || reason === 'no answer' || httpStatus === 408 || httpStatus === 504;
}

function fallingBack({ reason }: GeminiImageError): Notice {
  const why = reason === 'shed' ? 'has no room for' : 'gave no answer in time to';
  return {
    topic: 'tier',
    message: `flex ${why} what was asked, which is asked once more at the standard price (--tier-fallback)`,
  };
}

function routing(asked: string, answered: string): Notice {
  return {
    topic: 'routing',
    message: `${asked} was asked, and ${answered} answered: the service routes the calls, and bills them at the price of the model that answers`,
  };
}

/** Creates a client; it connects with the first question. */
export function createClient(settings: ClientSettings): GeminiClient {
  const server = openConnection(settings.baseUrl, settings.proxy);
  const redact = keyRedactor(settings.apiKey);
  const hider = keyHider(settings.apiKey);
  const { tier } = settings;
  const fallsBack = tier === 'flex' && settings.tierFallback === true;
  const budgetMs = tier === 'flex' ? FLEX_BUDGET_MS : undefined;
  const run = createRun({ ...settings, budgetMs });
  const storage = storageRefusal(settings.baseUrl, settings.store ?? false);
  let schemas: Promise<LargeSchemas> | undefined;
  const { pricesAt = new Date() } = settings;
  const routed = new Set<string>();
  /** The price of the last answer; most answers of a run have the same. */
  let lastBilled:
    | { answered: string; asked: string; tier: Tier | undefined; price: Price | undefined }
    | undefined;
  /** In whole seconds. */
  const patience = String(Math.ceil(settings.timeoutMs / 1000));
  // Few pictures need uploading, so this loads late.
  const filesApi = async () => {
    const { restOf } = await import('./rest.js');
    const rest = restOf(server, settings.apiKey, settings.timeoutMs, redact);
    const files: FilesContext = { ...settings, rest };
    return { files, ...(await import('./files/files.js')) };
  };
  /** Loaded with the first question that has a schema; all of them share what is found out. */
  const schemasSoFar = () => {
    schemas ??= import('./large-schemas.js').then(({ largeSchemas }) => largeSchemas());
    return schemas;
  };

  /** Asks once; if the server does not know an optional field, a second time without it. */
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

  /** Asks once; if the service takes the schema for too large, a second time with a looser one. */
  async function askFitting(
    question: Question,
    packed: PackedRequest,
    options: TieredOptions,
  ): Promise<Answer> {
    if (!question.schema) return askOnce(question, packed, options);
    const schemas = await schemasSoFar();
    const fitting = schemas.fitting(question);
    try {
      const request = fitting === question ? packed : await packRequest(fitting);
      return await askOnce(fitting, request, options);
    } catch (error) {
      const looser = error instanceof GeminiImageError ? schemas.looser(fitting, error) : undefined;
      if (!looser || options.signals?.stop.aborted) throw error;
      const notice = schemas.notice();
      if (notice) options.tell?.({ type: 'warning', ...notice });
      return askOnce(looser, await packRequest(looser), options);
    }
  }

  /** The cost of an answer, or of a failure that was billed. */
  function costUsdOf(
    { usage, model, tier: served }: Answer | GeminiImageError,
    asked: string,
    askedTier: Tier | undefined,
  ) {
    if (!usage) return undefined;
    const billed = { answered: model ?? asked, asked, tier: served ?? askedTier };
    const isSame =
      lastBilled?.answered === billed.answered &&
      lastBilled.asked === asked &&
      lastBilled.tier === billed.tier;
    if (!lastBilled || !isSame) {
      const price = priceFor(billed.answered, asked, pricesAt, billed.tier);
      lastBilled = { ...billed, price };
    }
    return lastBilled.price && costOf(usage, lastBilled.price);
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
        apiKey: settings.apiKey,
        baseUrl: settings.baseUrl,
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
      else await reader.add(await generateContent(call));
      const answer = await reader.finish();
      const served = answer.tier ?? headTier;
      if (served) answer.tier = served;
      const costUsd = costUsdOf(answer, question.model, tier);
      if (costUsd !== undefined) answer.costUsd = costUsd;
      return answer;
    } catch (error) {
      attempt.abandon();
      const thrown = withoutSecrets(attempt.failure ?? error, redact);
      const safe = thrown.usage ? thrown : reader.billed(thrown);
      const billed = safe.with({ tier: safe.tier ?? headTier });
      const costUsd = costUsdOf(billed, question.model, tier);
      const told = withThinkingHint(billed, question.model).with({ costUsd });
      const failure = tier === 'flex' ? ofFlex(told) : told;
      // The text of a broken stream is not an answer, but it is kept in the error.
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
        askFitting(question, request, { signals, tell, tier, onText: onText && onFirstText });
      const tokens = estimateInputTokens(question);
      const mayRepeat = () => isUnseen || !begun;
      const repeating = { tokens, signals, tell, account, mayRepeat };
      const answer = await run.untilAnswered(attempt, repeating).catch(async (error: unknown) => {
        if (!fallsBack || !(error instanceof GeminiImageError)) throw error;
        // Text that is shown already cannot be taken back.
        if (!isMissedByFlex(error) || !mayRepeat() || signals?.stop.aborted) throw error;
        tell?.({ type: 'warning', ...fallingBack(error) });
        const options = { signals, tell, onText: onText && onFirstText };
        const atStandard = () => askFitting(question, request, options);
        const once = { ...repeating, mayRepeat: () => false };
        return run.untilAnswered(atStandard, once).then(
          // It is counted in the summary also if the answer does not name its tier.
          ({ tier = 'standard', ...answer }) => ({
            ...withBill(answer, billOf(error, answer)),
            tier,
          }),
          (failure: unknown) => {
            if (!(failure instanceof GeminiImageError)) throw failure;
            const { usage, costUsd } = billOf(error, failure);
            throw failure.with({ usage, costUsd });
          },
        );
      });
      request.release();
      const { model, askedModel } = answer;
      if (askedModel !== undefined && !isAlias(askedModel) && !routed.has(model)) {
        routed.add(model);
        tell?.({ type: 'warning', ...routing(askedModel, model) });
      }
      return answer;
    },

    async upload(picture, options = {}) {
      const { files, uploadPicture } = await filesApi();
      return uploadPicture(files, picture, options).catch(safely);
    },

    async deleteFile(file, { signal } = {}) {
      const { files, deleteFile } = await filesApi();
      return deleteFile(files, file, signal);
    },
  };
}
