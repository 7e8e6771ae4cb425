import type { JsonSchema } from '../domain/brief.js';
import type { GeminiImageError } from '../domain/error.js';
import type { Notice } from '../domain/events.js';
import type { ModelSettings, SafetyLevel, Tier } from '../domain/model-settings.js';
import type { Question, QuestionPart } from '../domain/question.js';

/** One part of a request; `data` is raw base64 without a `data:` prefix. */
export type RequestPart =
  | { text: string }
  | { inlineData: { mimeType: string; data: string } }
  | { fileData: { mimeType: string; fileUri: string } };

/** A generateContent request, with only the fields that were asked for. */
export interface GenerateContentRequest extends RequestSettings {
  contents: [{ role: 'user'; parts: RequestPart[] }];
  /** Absent if the service may keep the request and its answer. */
  store?: false;
  /** In lower case, as the service requires; absent if no tier was asked for. */
  serviceTier?: Tier;
}

/**
 * The request with storage refused. For paid projects made since 2026-10-26, Google keeps requests
 * and answers for weeks unless the request itself says otherwise.
 */
export function unstored(request: GenerateContentRequest): GenerateContentRequest {
  return Object.assign({}, request, { store: false as const });
}

/** The request with storage allowed. */
export function storable({ store: _, ...request }: GenerateContentRequest): GenerateContentRequest {
  return request;
}

/** The request at a service tier; without one, the project's own tier applies. */
export function atTier(
  request: GenerateContentRequest,
  tier: Tier | undefined,
): GenerateContentRequest {
  return tier ? { ...request, serviceTier: tier } : request;
}

/** A question that is only shown: its large pictures are not uploaded. */
export interface QuestionPreview extends Readonly<QuestionSettings> {
  readonly parts: readonly (QuestionPart | ToUpload)[];
}

/** A picture that would be uploaded, with its size in bytes. */
export interface ToUpload {
  readonly upload: { readonly size: number; readonly mimeType: string };
}

/** The body as `--dry-run` shows it, with byte counts in place of pictures. */
export function previewRequest(
  preview: QuestionPreview,
  { store = false, tier }: { store?: boolean | undefined; tier?: Tier | undefined } = {},
): GenerateContentRequest {
  const request = requestOf(preview.parts.map(previewPart), preview);
  return atTier(store ? request : unstored(request), tier);
}

/** The URL of a request. */
export function requestUrl(baseUrl: string, model: string, streaming: boolean): string {
  const task = streaming ? 'streamGenerateContent?alt=sse' : 'generateContent';
  return `${baseUrl}/v1beta/models/${model}:${task}`;
}

export function requestOf(
  parts: RequestPart[],
  asked: QuestionSettings = {},
): GenerateContentRequest {
  const { systemInstruction, ...others } = requestSettings(asked);
  const contents: GenerateContentRequest['contents'] = [{ role: 'user', parts }];
  return { ...(systemInstruction && { systemInstruction }), contents, ...others };
}

/** A part that does not hold a picture's bytes. */
export function requestPart(part: Exclude<QuestionPart, { inline: unknown }>): RequestPart {
  return 'file' in part ? filePart(part.file) : { text: part.text };
}

function previewPart(part: QuestionPart | ToUpload): RequestPart {
  if ('inline' in part) {
    const { content, mimeType } = part.inline;
    return { inlineData: { mimeType, data: `<${content.size} bytes>` } };
  }
  if ('upload' in part) {
    const { size, mimeType } = part.upload;
    return { fileData: { mimeType, fileUri: `<uploaded first: ${size} bytes>` } };
  }
  return requestPart(part);
}

function filePart({ mimeType, uri }: { mimeType: string; uri: string }): RequestPart {
  return { fileData: { mimeType, fileUri: uri } };
}

/** Everything in a question except its parts. */
export type QuestionSettings = Pick<Question, 'settings' | 'schema'>;

/** The fields of a request besides its contents, in the form of the API. */
interface RequestSettings {
  systemInstruction?: { parts: [{ text: string }] };
  generationConfig?: GenerationConfig;
  safetySettings?: SafetySetting[];
}

interface GenerationConfig {
  responseMimeType?: 'application/json';
  responseJsonSchema?: JsonSchema;
  mediaResolution?: string;
  maxOutputTokens?: number;
  temperature?: number;
  seed?: number;
  thinkingConfig?: { thinkingLevel: string };
}

interface SafetySetting {
  category: string;
  threshold: string;
}

/** The categories of harm that a request may set, from the API's reference. */
const HARMS = ['HARASSMENT', 'HATE_SPEECH', 'SEXUALLY_EXPLICIT', 'DANGEROUS_CONTENT'];

const thresholds = {
  default: undefined,
  relaxed: 'BLOCK_ONLY_HIGH',
  off: 'BLOCK_NONE',
} as const satisfies Readonly<Record<SafetyLevel, string | undefined>>;

/** Only the fields that were asked for: models refuse some fields that they do not know. */
function requestSettings({ settings = {}, schema }: QuestionSettings): RequestSettings {
  const { system, safety = 'default' } = settings;
  const generationConfig = generationConfigOf(settings, schema);
  const threshold = thresholds[safety];
  return {
    // The API refuses a part without text.
    ...(system && { systemInstruction: { parts: [{ text: system }] } }),
    ...(Object.keys(generationConfig).length > 0 && { generationConfig }),
    ...(threshold && { safetySettings: HARMS.map((harm) => safetySetting(harm, threshold)) }),
  };
}

function generationConfigOf(
  { mediaResolution, maxOutputTokens, temperature, seed, thinking }: ModelSettings,
  schema: JsonSchema | undefined,
): GenerationConfig {
  return {
    ...(schema && { responseMimeType: 'application/json', responseJsonSchema: schema }),
    ...(mediaResolution && {
      mediaResolution: `MEDIA_RESOLUTION_${mediaResolution.toUpperCase()}`,
    }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(seed !== undefined && { seed }),
    ...(thinking && { thinkingConfig: { thinkingLevel: thinking.toUpperCase() } }),
  };
}

function safetySetting(harm: string, threshold: string): SafetySetting {
  return { category: `HARM_CATEGORY_${harm}`, threshold };
}

/** Base URLs whose server does not know the field, remembered until the process ends. */
const unknowing = new Set<string>();

/** Decides whether requests to one address carry `store: false`. */
export interface StorageRefusal {
  /** Whether the next request should have the field. */
  isSent(): boolean;
  /**
   * Records that a request was refused because of the field.
   *
   * @returns whether that was the reason, so that the request can be repeated without the field.
   */
  isUnknown(failure: GeminiImageError): boolean;
  /** A warning for the user, once, if requests are sent without the field. */
  notice(): Notice | undefined;
}

/**
 * A gateway or an old proxy may not know the field, and refuse every request that has it. The field
 * is then left out, and the user is warned once.
 *
 * @param isAllowed whether the user lets the service keep questions.
 */
export function storageRefusal(baseUrl: string, isAllowed: boolean): StorageRefusal {
  let isTold = false;
  return {
    isSent: () => !isAllowed && !unknowing.has(baseUrl),
    isUnknown(failure) {
      if (failure.httpStatus !== 400 || !UNKNOWN_FIELD.test(failure.message)) return false;
      unknowing.add(baseUrl);
      return true;
    },
    notice() {
      if (isTold || isAllowed || !unknowing.has(baseUrl)) return undefined;
      isTold = true;
      return {
        topic: 'storage',
        message:
          'this server does not take "store": false, so requests go without it; whoever answers may keep pictures and answers',
      };
    },
  };
}

/**
 * The field of the request itself: for a field of this name in a schema, the message adds its path.
 */
const UNKNOWN_FIELD = /\bunknown name "store"(?! at )/i;
