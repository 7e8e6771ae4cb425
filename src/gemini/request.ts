import type { JsonSchema } from '../domain/brief.js';
import type { ModelSettings, SafetyLevel, Tier } from '../domain/model-settings.js';
import type { Question, QuestionPart } from '../domain/question.js';

/** One part of a request; `data` is raw base64 without a `data:` prefix. */
export type RequestPart =
  | { text: string }
  | { inlineData: { mimeType: string; data: string } }
  | { fileData: { mimeType: string; fileUri: string } };

/** A generateContent request: the question, and nothing unasked for. */
export interface GenerateContentRequest extends RequestSettings {
  contents: [{ role: 'user'; parts: RequestPart[] }];
  /** Absent where the service may keep the request and its answer. */
  store?: false;
  /** In lower case, as the service wants it; absent where none was asked for. */
  serviceTier?: Tier;
}

/**
 * The request with a no to storage: Google keeps requests and answers of paid projects made since
 * 2026-10-26 for weeks, unless the request itself says otherwise.
 */
export function unstored(request: GenerateContentRequest): GenerateContentRequest {
  return { ...request, store: false };
}

/** The same without the no. */
export function storable({ store: _, ...request }: GenerateContentRequest): GenerateContentRequest {
  return request;
}

/** The request to a service tier; where none is asked for, the project's own holds. */
export function atTier(
  request: GenerateContentRequest,
  tier: Tier | undefined,
): GenerateContentRequest {
  return tier ? { ...request, serviceTier: tier } : request;
}

/** A question that is not asked: its large pictures are not uploaded. */
export interface QuestionPreview extends Readonly<QuestionSettings> {
  readonly parts: readonly (QuestionPart | ToUpload)[];
}

/** A picture that would be uploaded; its size is in bytes. */
export interface ToUpload {
  readonly upload: { readonly size: number; readonly mimeType: string };
}

/** The body as `--dry-run` shows it: the bytes of pictures as a count. */
export function previewRequest(
  preview: QuestionPreview,
  { store = false, tier }: { store?: boolean | undefined; tier?: Tier | undefined } = {},
): GenerateContentRequest {
  const request = requestOf(preview.parts.map(previewPart), preview);
  return atTier(store ? request : unstored(request), tier);
}

/** Where the request goes. */
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

/** A part that is no picture's bytes. */
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

/** What is asked of the model besides the parts of a question. */
export type QuestionSettings = Pick<Question, 'settings' | 'schema'>;

/** What a request holds besides its contents, in the API's terms. */
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

/** The harms that a request may say something about, from the API's reference. */
const HARMS = ['HARASSMENT', 'HATE_SPEECH', 'SEXUALLY_EXPLICIT', 'DANGEROUS_CONTENT'];

const thresholds = {
  default: undefined,
  relaxed: 'BLOCK_ONLY_HIGH',
  off: 'BLOCK_NONE',
} as const satisfies Readonly<Record<SafetyLevel, string | undefined>>;

/** The fields that were asked for, and no other: models refuse some that they do not know. */
function requestSettings({ settings = {}, schema }: QuestionSettings): RequestSettings {
  const { system, safety = 'default' } = settings;
  const generationConfig = generationConfigOf(settings, schema);
  const threshold = thresholds[safety];
  return {
    // A part without a word is refused.
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
