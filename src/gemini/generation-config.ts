import type { JsonSchema } from '../domain/brief.js';
import type { ModelSettings, SafetyLevel } from '../domain/model-settings.js';
import type { Question } from '../domain/question.js';

/** What is asked of the model besides the parts of a question. */
export type QuestionSettings = Pick<Question, 'settings' | 'schema'>;

/** What a request holds besides its contents, in the API's terms. */
export interface RequestSettings {
  systemInstruction?: { parts: [{ text: string }] };
  generationConfig?: GenerationConfig;
  safetySettings?: SafetySetting[];
}

export interface GenerationConfig {
  responseMimeType?: 'application/json';
  responseJsonSchema?: JsonSchema;
  mediaResolution?: string;
  maxOutputTokens?: number;
  temperature?: number;
  seed?: number;
  thinkingConfig?: { thinkingLevel: string };
}

export interface SafetySetting {
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
export function requestSettings({ settings = {}, schema }: QuestionSettings): RequestSettings {
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
