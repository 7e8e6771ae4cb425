// Request messages after parsing: the fields that the emulator uses, in camelCase.
import type { AnswerSchema } from './answer-schema.js';

export interface Blob {
  mimeType?: string;
  /** Decoded from base64. */
  data?: Buffer;
}

export interface FileData {
  mimeType?: string;
  fileUri?: string;
}

export interface Part {
  text?: string;
  inlineData?: Blob;
  fileData?: FileData;
  functionCall?: object;
  functionResponse?: object;
  executableCode?: object;
  codeExecutionResult?: object;
  mediaResolution?: { level?: PartMediaResolution };
}

export interface Content {
  role?: string;
  parts?: Part[];
}

export type MediaResolution =
  | 'MEDIA_RESOLUTION_UNSPECIFIED'
  | 'MEDIA_RESOLUTION_LOW'
  | 'MEDIA_RESOLUTION_MEDIUM'
  | 'MEDIA_RESOLUTION_HIGH';

/** The resolution of one picture. */
export type PartMediaResolution = MediaResolution | 'MEDIA_RESOLUTION_ULTRA_HIGH';

export interface GenerationConfig {
  responseMimeType?: string;
  /** The schema of the OpenAPI kind. */
  responseSchema?: AnswerSchema;
  /** Any JSON; its content is not parsed as a message. */
  responseJsonSchema?: unknown;
  _responseJsonSchema?: unknown;
  candidateCount?: number;
  maxOutputTokens?: number;
  temperature?: number;
  topP?: number;
  topK?: number;
  presencePenalty?: number;
  frequencyPenalty?: number;
  thinkingConfig?: { thinkingBudget?: number; thinkingLevel?: string };
  mediaResolution?: MediaResolution;
}

export interface GenerateContentRequest {
  contents?: Content[];
  systemInstruction?: Content;
  generationConfig?: GenerationConfig;
  cachedContent?: string;
  serviceTier?: string;
}

/** It has one of the two fields. */
export interface CountTokensRequest {
  contents?: Content[];
  generateContentRequest?: GenerateContentRequest;
}

export interface CreateFileRequest {
  file?: { displayName?: string; mimeType?: string; sizeBytes?: number };
}
