import { GeminiImageError } from '../domain/error.js';
import { isObject } from '../domain/is-object.js';
import type { Question } from '../domain/question.js';
import type { Answer } from '../domain/record.js';
import type { Usage } from '../domain/usage.js';
import { oneLine } from '../network/one-line.js';
import { errorFromBody } from './api-error.js';
import { findErrorBody } from './error-body.js';
import { asArray, asCount, asText } from './json.js';
import { blockedPrompt, stoppedAnswer } from './stop-reasons.js';

/** Puts an answer together from its chunks; a whole answer is one chunk. */
export interface AnswerReader {
  /**
   * @returns the text that the chunk adds.
   * @throws GeminiImageError where the chunk is an error.
   */
  add(chunk: unknown): string;
  /** Undefined where there is none yet. */
  textSoFar(): string | undefined;
  /** @throws GeminiImageError of kind `answer` or `service` where this is no finished answer. */
  finish(): Answer;
}

/** What has to be known of a question to read its answer. */
export type Expected = Pick<Question, 'settings' | 'mayBeEmpty'>;

/** The SDK's own aggregation repeats and drops parts, and its `text()` includes thoughts. */
export function readAnswer(
  requestedModel: string,
  { settings = {}, mayBeEmpty = false }: Expected = {},
): AnswerReader {
  const isLimited = settings.maxOutputTokens !== undefined;
  let text = '';
  let held = '';
  let thought = false;
  let finishReason: string | undefined;
  let finishMessage: string | undefined;
  let block: { reason: string | undefined; message: string | undefined } | undefined;
  let usage: Usage | undefined;
  let model = requestedModel;
  /** What is no answer may have been billed all the same. */
  const billed = (failure: GeminiImageError) => failure.with({ usage });

  return {
    add(chunk) {
      const error = findErrorBody(chunk);
      if (error) throw errorFromBody(error);
      if (!isObject(chunk)) return '';

      model = asText(chunk.modelVersion) ?? model;
      usage = readUsage(chunk.usageMetadata) ?? usage;
      block = readBlock(chunk.promptFeedback) ?? block;

      const candidate = asArray(chunk.candidates).find(isObject);
      if (!candidate) return '';
      // Early chunks may say STOP while more follow: the last word counts.
      finishReason = asText(candidate.finishReason) ?? finishReason;
      finishMessage = asText(candidate.finishMessage) ?? finishMessage;
      const parts = readParts(candidate.content);
      thought ||= parts.some((part) => part.thought);
      const added = parts
        .filter((part) => !part.thought)
        .map((part) => part.text)
        .join('');
      text += added;
      // Half a character, which may be split between chunks, waits for its other half.
      const whole = held + added;
      held = /[\ud800-\udbff]$/.exec(whole)?.[0] ?? '';
      return whole.slice(0, whole.length - held.length);
    },

    textSoFar: () => (text === '' ? undefined : text),

    finish() {
      if (block) throw billed(blockedPrompt(block.reason, oneLine(block.message ?? '')));
      if (finishReason === undefined) throw billed(unfinished(text));
      if (finishReason !== 'STOP') {
        throw billed(stoppedAnswer(finishReason, oneLine(finishMessage ?? ''), text, isLimited));
      }
      if (text.trim() === '' && !mayBeEmpty) throw billed(saidNothing(thought));
      return { text, finishReason, model, ...(usage && { usage }) };
    },
  };
}

function readParts(content: unknown): { text: string; thought: boolean }[] {
  const parts = isObject(content) ? asArray(content.parts) : [];
  return parts.filter(isObject).map((part) => ({
    text: asText(part.text) ?? '',
    thought: part.thought === true,
  }));
}

function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  return {
    inputTokens: asCount(value.promptTokenCount),
    outputTokens: asCount(value.candidatesTokenCount),
    thoughtTokens: asCount(value.thoughtsTokenCount),
    cachedTokens: asCount(value.cachedContentTokenCount),
  };
}

/** A block may come with its message alone. */
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
    retryable: true,
  });
}

function saidNothing(thought: boolean): GeminiImageError {
  return new GeminiImageError({
    kind: 'answer',
    message: thought
      ? 'the model thought about the picture, but said nothing'
      : 'the model said nothing',
    hint: 'Ask in other words with --prompt, or use another model.',
    finishReason: 'STOP',
  });
}
