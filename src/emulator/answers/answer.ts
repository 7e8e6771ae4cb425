// Answers of `generateContent` and `countTokens`: usage, text, and the pieces of a stream.
import { randomBytes } from 'node:crypto';
import type { AnswerForm } from '../messages/answer-form.js';
import type { Content, GenerationConfig, PartMediaResolution } from '../messages/requests.js';
import type { Reply } from '../script/script.js';
import { answerInJson } from './json-answer.js';
import { choose } from './json-values.js';
import { requestedStyleOf } from './requested-style.js';
import { describePictures, type ShownPicture } from './sentences.js';

interface ModalityTokenCount {
  modality: 'IMAGE' | 'TEXT';
  tokenCount: number;
}

/** The tokens of a prompt, in total and by modality. */
export interface PromptTokens {
  total: number;
  details: readonly ModalityTokenCount[];
}

export interface UsageMetadata {
  promptTokenCount: number;
  candidatesTokenCount: number;
  totalTokenCount: number;
  promptTokensDetails: readonly ModalityTokenCount[];
  /** What served it; only where a tier was asked for. */
  serviceTier?: string;
}

interface Candidate {
  content: { parts?: { text: string }[]; role: 'model' };
  /** One of the API's words; scripts may give any. */
  finishReason?: string;
  index: number;
}

export interface GenerateContentResponse {
  candidates: readonly Candidate[];
  usageMetadata: UsageMetadata;
  modelVersion: string;
  responseId: string;
}

/** What an answer is made from. */
export interface Prompt extends Asked {
  readonly model: string;
  readonly serviceTier?: string | undefined;
  /** The length of the system instruction in characters. */
  readonly instructionLength: number;
  /** What a script says; without it, the answer is made from the pixels. */
  readonly scripted?: Reply | undefined;
}

/** Tokens of a picture on Gemini 3, as documented; the last number was reported by others. */
const PICTURE_TOKENS = {
  MEDIA_RESOLUTION_UNSPECIFIED: 1120,
  MEDIA_RESOLUTION_LOW: 280,
  MEDIA_RESOLUTION_MEDIUM: 560,
  MEDIA_RESOLUTION_HIGH: 1120,
  MEDIA_RESOLUTION_ULTRA_HIGH: 2240,
} as const satisfies Record<PartMediaResolution, number>;

const PIECES_OF_A_STREAM = 4;

/** The number of Unicode characters in all text of the contents. */
export function countCharacters(contents: readonly Content[]): number {
  let count = 0;
  for (const { parts = [] } of contents) {
    for (const { text = '' } of parts) for (const _ of text) count += 1;
  }
  return count;
}

export function countPromptTokens(prompt: Omit<Prompt, 'model'>): PromptTokens {
  const { config, pictures, textLength, instructionLength } = prompt;
  const usual = config.mediaResolution ?? 'MEDIA_RESOLUTION_UNSPECIFIED';
  const ofPictures = pictures.map(
    ({ picture, resolution = usual }) => (picture.pages ?? 1) * PICTURE_TOKENS[resolution],
  );
  const counts: ModalityTokenCount[] = [
    { modality: 'IMAGE', tokenCount: ofPictures.reduce((sum, tokens) => sum + tokens, 0) },
    { modality: 'TEXT', tokenCount: tokensOf(textLength + instructionLength) },
  ];
  const details = counts.filter(({ tokenCount }) => tokenCount > 0);
  return { total: details.reduce((sum, { tokenCount }) => sum + tokenCount, 0), details };
}

/** The answer in one piece. */
export function createResponse(prompt: Prompt): GenerateContentResponse {
  const { text, finishReason } = write(prompt);
  return assemble(prompt, newResponseId(), text, text, finishReason);
}

/** The answer in several chunks; usage is cumulative, and only the last says how it finished. */
export function createStream(prompt: Prompt): GenerateContentResponse[] {
  const { text, finishReason } = write(prompt);
  const responseId = newResponseId();
  const pieces = prompt.form.kind === 'prose' ? splitWords(text) : splitAnywhere(text);
  let soFar = '';
  return pieces.map((piece, index) => {
    soFar += piece;
    const isLast = index === pieces.length - 1;
    return assemble(prompt, responseId, piece, soFar, isLast ? finishReason : undefined);
  });
}

function assemble(
  prompt: Prompt,
  responseId: string,
  text: string,
  textSoFar: string,
  finishReason: Candidate['finishReason'],
): GenerateContentResponse {
  const { model, config } = prompt;
  const tokens = countPromptTokens(prompt);
  const count = config.candidateCount ?? 1;
  const candidatesTokenCount = tokensOf(textSoFar.length) * count;
  return {
    candidates: Array.from({ length: count }, (_, index) => ({
      content: { ...(text !== '' && { parts: [{ text }] }), role: 'model' },
      ...(finishReason && { finishReason }),
      index,
    })),
    usageMetadata: {
      promptTokenCount: tokens.total,
      candidatesTokenCount,
      totalTokenCount: tokens.total + candidatesTokenCount,
      promptTokensDetails: tokens.details,
      ...(prompt.serviceTier !== undefined && { serviceTier: prompt.serviceTier }),
    },
    modelVersion: model,
    responseId,
  };
}

function tokensOf(characters: number): number {
  return Math.ceil(characters / CHARACTERS_A_TOKEN);
}

/** Cuts between words, as evenly as these allow; the pieces together are the text. */
function splitWords(text: string): string[] {
  const words = text.match(/\S+\s*/g) ?? [text];
  const size = Math.ceil(words.length / PIECES_OF_A_STREAM);
  const pieces: string[] = [];
  for (let at = 0; at < words.length; at += size) {
    pieces.push(words.slice(at, at + size).join(''));
  }
  return pieces;
}

/** JSON is cut without regard to its tokens, but not within a character. */
function splitAnywhere(text: string): string[] {
  const characters = [...text];
  const size = Math.max(Math.ceil(characters.length / PIECES_OF_A_STREAM), 1);
  const pieces = [characters.slice(0, size).join('')];
  for (let at = size; at < characters.length; at += size) {
    pieces.push(characters.slice(at, at + size).join(''));
  }
  return pieces;
}

/** Shaped like Google's: 22 characters of base64url. */
function newResponseId(): string {
  return randomBytes(16).toString('base64url');
}

/** What the text of an answer is made from. */
interface Asked {
  readonly config: GenerationConfig;
  readonly form: AnswerForm;
  readonly pictures: readonly ShownPicture[];
  /** The texts that are not names of pictures, and those of the system instruction. */
  readonly prompt: readonly string[];
  readonly instruction: readonly string[];
  /** The length of the text in the contents, in characters. */
  readonly textLength: number;
}

interface Written {
  readonly text: string;
  readonly finishReason: string;
}

/** Google's rule of thumb. */
const CHARACTERS_A_TOKEN = 4;
/** In tokens; the `outputTokenLimit` of every model. */
const LONGEST_ANSWER = 65_536;

/** Makes the text, cut to the number of tokens that it may have. */
function write({ scripted, ...asked }: Prompt): Written {
  if (scripted && 'text' in scripted) return scripted;
  const { text, isComplete } = compose(asked);
  const tokens = asked.config.maxOutputTokens ?? LONGEST_ANSWER;
  const most = Math.min(tokens * CHARACTERS_A_TOKEN, isComplete ? Infinity : text.length - 1);
  if (text.length <= most) return { text, finishReason: 'STOP' };
  return { text: text.slice(0, most), finishReason: 'MAX_TOKENS' };
}

/** Texts in quotes, in lower case; of a prompt without a picture they are all that is known. */
function quotedIn(prompt: string): string[] {
  return [...prompt.matchAll(/"([^"\n]{1,100})"/g)].map(([, text = '']) => text.toLowerCase());
}

function compose({ form, pictures, prompt, instruction, textLength }: Asked) {
  const requested = requestedStyleOf([...prompt, ...instruction]);
  const quoted = pictures.length === 0 ? quotedIn(prompt.join('\n')) : [];
  const place = { shown: pictures, promptLength: textLength, requested, quoted };
  const prose = () => describePictures(pictures, textLength, requested);
  switch (form.kind) {
    case 'prose':
      return { text: prose(), isComplete: true };
    case 'choice':
      return {
        text: String(choose(form.schema.enum ?? [], { ...place, name: '' })),
        isComplete: true,
      };
    case 'json': {
      const { value, isComplete } = form.schema
        ? answerInJson(form.schema, place, prompt.join('\n'), instruction)
        : { value: { text: prose() }, isComplete: true };
      return { text: JSON.stringify(value, undefined, 2), isComplete };
    }
  }
}
