import { GeminiImageError } from '../domain/error.js';
import { isObject } from '../domain/json.js';
import type { Tier } from '../domain/model-settings.js';
import type { Question } from '../domain/question.js';
import type { Answer } from '../domain/record.js';
import type { Usage } from '../domain/usage.js';
import { oneLine, shorten } from '../network/text.js';
import { findErrorBody } from './errors/error-body.js';
import { asArray, asText } from './json.js';
import type { KeyHider } from './key.js';
import { isOtherModel } from './models.js';
import { readTier, readUsage } from './usage-metadata.js';

/**
 * Builds an answer from its chunks; a whole answer is one chunk. The words of errors load with the first
 * one that is needed.
 */
export interface AnswerReader {
  /**
   * @returns the text that the chunk adds. An incomplete character or key is kept back.
   * @throws GeminiImageError if the chunk is an error.
   */
  add(chunk: unknown): Promise<string>;
  /** The text that was kept back, once nothing follows. */
  rest(): string;
  /** Whether the model has said that it is finished; a few servers say so too early. */
  isStopped(): boolean;
  /** Undefined if there is none yet. */
  textSoFar(): string | undefined;
  /** Adds to a failure what the attempt was billed for so far, and the model. */
  billed(failure: GeminiImageError): GeminiImageError;
  /** @throws GeminiImageError of kind `answer` or `service` if the answer is not complete. */
  finish(): Promise<Answer>;
}

/** The facts of a question that are needed to read its answer. */
export type Expected = Pick<Question, 'settings' | 'mayBeEmpty' | 'isCopy'>;

/** Used if there is no key to hide. */
const SHOWN: KeyHider = {
  hide: (text) => text,
  hideSoFar: (text) => text,
  beginningAtEnd: () => 0,
};

/**
 * Reads chunks itself, because the SDK repeats and drops parts, and includes thoughts in the text.
 */
export function readAnswer(
  requestedModel: string,
  { settings = {}, mayBeEmpty = false, isCopy = false }: Expected = {},
  { hide, hideSoFar, beginningAtEnd }: KeyHider = SHOWN,
): AnswerReader {
  const isLimited = settings.maxOutputTokens !== undefined;
  let text = '';
  /** The text that was not returned yet, preceded by the last characters that were. */
  let held = '';
  let shown = '';
  let thought = false;
  /**
   * Whether the model gave an empty answer on purpose: one part with an empty text, and nothing
   * else.
   */
  let saidEmpty = false;
  let saidElse = false;
  let ratings: readonly unknown[] = [];
  let finishReason: string | undefined;
  let finishMessage: string | undefined;
  let block: { reason: string | undefined; message: string | undefined } | undefined;
  let usage: Usage | undefined;
  let model = requestedModel;
  let tier: Tier | undefined;
  /** A failed answer may have been billed too. */
  const billed = (failure: GeminiImageError) => failure.with({ usage, model, tier });

  return {
    async add(chunk) {
      if (isObject(chunk)) {
        const version = asText(chunk.modelVersion);
        if (version !== undefined) model = shorten(oneLine(hide(version)));
        // An answer that breaks off has a cost too.
        usage = readUsage(chunk.usageMetadata) ?? usage;
        if (isObject(chunk.usageMetadata)) tier = readTier(chunk.usageMetadata.serviceTier) ?? tier;
      }
      const error = findErrorBody(chunk);
      if (error) throw (await import('./errors/api-error.js')).errorFromBody(error);
      if (!isObject(chunk)) return '';

      block = readBlock(chunk.promptFeedback) ?? block;
      if (isObject(chunk.promptFeedback)) ratings = ratingsOf(chunk.promptFeedback) ?? ratings;

      // Only one candidate was requested.
      const candidate = asArray(chunk.candidates).filter(isObject).find(isFirst);
      if (!candidate) return '';
      // Early chunks may say STOP while more follow. Any other reason is final.
      if (finishReason === undefined || finishReason === 'STOP') {
        finishReason = asText(candidate.finishReason) ?? finishReason;
      }
      finishMessage = asText(candidate.finishMessage) ?? finishMessage;
      ratings = ratingsOf(candidate) ?? ratings;
      const parts = readParts(candidate.content);
      thought ||= parts.some((part) => part.thought);
      saidEmpty ||= parts.some((part) => part.isEmptyText);
      saidElse ||= parts.some((part) => !part.isEmptyText);
      const added = parts
        .filter((part) => !part.thought)
        .map((part) => part.text)
        .join('');
      text += added;
      // Half a character, or the beginning of a key, is kept back until the next chunk.
      const whole = hideSoFar(shown + held + added);
      const from = commonLength(whole, shown);
      const half = /[\ud800-\udbff]$/.test(whole) ? 1 : 0;
      const begun = beginningAtEnd(whole);
      const end = whole.length - Math.max(half, begun > TOO_LITTLE ? begun : 0);
      held = whole.slice(Math.max(from, end));
      const more = whole.slice(from, Math.max(from, end));
      shown = (shown + more).slice(-TOO_LITTLE);
      return more;
    },

    rest() {
      const whole = hide(shown + held);
      const last = whole.slice(commonLength(whole, shown));
      held = '';
      return last;
    },

    isStopped: () => finishReason === 'STOP',

    textSoFar: () => (text === '' ? undefined : hide(text)),

    billed,

    async finish() {
      text = hide(text);
      const isBlank = BLANK.test(text);
      const facts = { isLimited, isCopy, isUnblocked: settings.safety === 'off', ratings };
      const stopReasons = () => import('./errors/stop-reasons.js');
      if (block) {
        const { blockedPrompt } = await stopReasons();
        throw billed(blockedPrompt(block.reason, oneLine(block.message ?? ''), facts));
      }
      if (finishReason === undefined) throw billed(unfinished(text));
      if (finishReason !== 'STOP') {
        const { stoppedAnswer } = await stopReasons();
        throw billed(stoppedAnswer(finishReason, oneLine(finishMessage ?? ''), text, facts));
      }
      const isNoFault = mayBeEmpty && saidEmpty && !saidElse;
      if (isBlank && !isNoFault) throw billed(saidNothing(thought));
      return {
        text: isBlank && text.trim() !== '' ? '' : text,
        finishReason,
        model,
        ...(isOtherModel(model, requestedModel) && { askedModel: requestedModel }),
        ...(tier && { tier }),
        ...(usage && { usage }),
      };
    },
  };
}

/** So many characters of a key may be shown: many texts begin with them, and need not wait. */
const TOO_LITTLE = 2;

function commonLength(one: string, other: string): number {
  let length = 0;
  while (length < other.length && one[length] === other[length]) length += 1;
  return length;
}

/** Matches a text without any visible character. */
const BLANK = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

function isFirst({ index = 0 }: Readonly<Record<string, unknown>>): boolean {
  return Number(index) === 0;
}

function readParts(content: unknown) {
  const parts = isObject(content) ? asArray(content.parts) : [];
  return parts.filter(isObject).map((part) => ({
    text: asText(part.text) ?? '',
    // A part that may be a thought is not shown.
    thought: isThought(part),
    isEmptyText:
      typeof part.text === 'string' &&
      BLANK.test(part.text) &&
      !isThought(part) &&
      part.thoughtSignature === undefined,
  }));
}

function isThought({ thought }: Readonly<Record<string, unknown>>): boolean {
  return Boolean(thought) && thought !== 'false';
}

function ratingsOf({ safetyRatings }: Readonly<Record<string, unknown>>) {
  const ratings = asArray(safetyRatings);
  return ratings.length > 0 ? ratings : undefined;
}

/** A block may have only a message. */
function readBlock(value: unknown) {
  if (!isObject(value)) return undefined;
  const reason = asText(value.blockReason);
  const message = asText(value.blockReasonMessage);
  return reason === undefined && message === undefined ? undefined : { reason, message };
}

function unfinished(text: string): GeminiImageError {
  return new GeminiImageError({
    kind: 'service',
    message:
      text === ''
        ? 'the service sent no answer and no reason for it'
        : 'the answer broke off before it was finished',
    hint: 'Try again later.',
    reason: 'broken off',
  });
}

/** A passing fault of the service: the same request is often answered a moment later. */
function saidNothing(thought: boolean): GeminiImageError {
  return new GeminiImageError({
    kind: 'answer',
    message: thought
      ? 'the model thought about the picture, but said nothing'
      : 'the model said nothing',
    hint: 'The same request often works a little later. If it does not, ask in other words with --prompt, or use another model.',
    reason: 'said nothing',
    finishReason: 'STOP',
  });
}
