import type { MediaResolution, Tier } from '../domain/model-settings.js';
import type { Question } from '../domain/question.js';
import { atTier, type QuestionSettings, type RequestPart, requestOf, unstored } from './request.js';

/**
 * The largest request that is safe to send inline, in bytes (the service's own messages name it).
 */
export const MAX_REQUEST_BYTES = 20_971_520;

/** The URI of an uploaded file is about 70 bytes long; a gateway's may be longer. */
const FILE_URI_BYTES = 256;

/** The room in one request, assigned to its pictures in order. */
export interface RequestBudget {
  /**
   * Decides whether the next picture goes inline or must be uploaded. Enough room is kept for
   * references to all later pictures.
   */
  admits(picture: { readonly size: number; readonly mimeType: string }): boolean;
}

/**
 * Counts the bytes that texts and settings leave for the pictures of a request.
 *
 * @param texts all texts: the prompt and, if they are sent, the names of pictures.
 * @param pictures the number of pictures.
 * @param asked everything else that is sent: system instruction, schema, tier and other settings.
 * @returns undefined if all texts and references to all pictures do not fit.
 */
export function requestBudget(
  texts: readonly string[],
  pictures: number,
  asked: QuestionSettings & { tier?: Tier | undefined } = {},
): RequestBudget | undefined {
  const parts = texts.reduce((sum, text) => sum + textBytes(text), 0);
  const commas = Math.max(0, texts.length + pictures - 1);
  const fixed = settingsBytes(asked) + parts + commas;
  let room = MAX_REQUEST_BYTES - fixed - pictures * REFERENCE_BYTES;
  if (room < 0) return undefined;

  return {
    admits({ size, mimeType }) {
      const left = room + REFERENCE_BYTES - inlineBytes(size, mimeType);
      if (left < 0) return false;
      room = left;
      return true;
    },
  };
}

const REFERENCE_BYTES = partBytes({
  fileData: { mimeType: 'image/jpeg', fileUri: 'x'.repeat(FILE_URI_BYTES) },
});

/** How many letters the base64 of so many bytes has: four of three, and the last four are padded. */
export function base64Length(bytes: number): number {
  return 4 * Math.ceil(bytes / 3);
}

function inlineBytes(size: number, mimeType: string): number {
  return partBytes({ inlineData: { mimeType, data: '' } }) + base64Length(size);
}

function partBytes(part: RequestPart): number {
  return jsonBytes(part);
}

/** All questions of a run have the same settings, and most of them the same prompt. */
let lastSettings:
  | { asked: QuestionSettings & { tier?: Tier | undefined }; bytes: number }
  | undefined;
let lastText: { text: string; bytes: number } | undefined;

function settingsBytes(asked: QuestionSettings & { tier?: Tier | undefined }): number {
  const { settings, schema, tier } = asked;
  const last = lastSettings?.asked;
  if (!last || last.settings !== settings || last.schema !== schema || last.tier !== tier) {
    const bytes = jsonBytes(atTier(unstored(requestOf([], asked)), tier));
    lastSettings = { asked, bytes };
  }
  return lastSettings?.bytes ?? 0;
}

function textBytes(text: string): number {
  if (lastText?.text !== text) lastText = { text, bytes: partBytes({ text }) };
  return lastText.bytes;
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** The tokens of a picture for Gemini 3 if no media resolution is set. */
export const PICTURE_TOKENS = 1120;

/** The tokens of a picture by media resolution. */
const tokensAt = {
  low: 280,
  medium: 560,
  high: 1120,
} as const satisfies Readonly<Record<MediaResolution, number>>;

/** Google's rule of thumb for English; other languages have fewer characters per token. */
const CHARACTERS_A_TOKEN = 4;

/** Estimates the input tokens that a question will be billed for. */
export function estimateInputTokens(question: Omit<Question, 'model'>): number {
  const picture = pictureTokens(question);
  const tokensOf = (part: Question['parts'][number]) =>
    'text' in part ? textTokens(part.text) : (part.pages ?? 1) * picture;
  return question.parts.reduce((sum, part) => sum + tokensOf(part), besides(question));
}

/** The same for a prompt about one picture or several, which need not be loaded. */
export function estimatePromptTokens(
  prompt: string,
  asked: QuestionSettings = {},
  pictures = 1,
): number {
  return pictures * pictureTokens(asked) + textTokens(prompt) + besides(asked);
}

function pictureTokens({ settings }: QuestionSettings): number {
  const resolution = settings?.mediaResolution;
  return resolution ? tokensAt[resolution] : PICTURE_TOKENS;
}

/** What is billed besides the parts: the system instruction and the schema. */
function besides({ settings, schema }: QuestionSettings): number {
  return textTokens(settings?.system ?? '') + textTokens(schema ? JSON.stringify(schema) : '');
}

function textTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_A_TOKEN);
}
