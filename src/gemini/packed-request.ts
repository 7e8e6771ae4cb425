import { randomUUID } from 'node:crypto';
import type { Question, QuestionPart } from '../domain/question.js';
import { base64Bytes } from './base64-bytes.js';
import {
  type GenerateContentRequest,
  type RequestPart,
  requestOf,
  requestPart,
  unstored,
} from './request.js';

/**
 * A request that goes through the SDK without its pictures, which would be searched for what JSON
 * escapes, and copied, letter by letter, with every attempt.
 */
export interface PackedRequest {
  /** Has a mark in the place of each picture's data. */
  readonly request: GenerateContentRequest;
  /** Puts the data back into the JSON that the SDK made of it. */
  unpack(json: string): readonly (string | Uint8Array)[];
}

/** @throws GeminiImageError of kind `input` where a picture can no longer be read. */
export async function packRequest(question: Omit<Question, 'model'>): Promise<PackedRequest> {
  // Nothing that a prompt can hold by chance, or can know.
  const mark = randomUUID();
  const pictures: Uint8Array[] = [];
  const pack = async (part: QuestionPart): Promise<RequestPart> => {
    if (!('inline' in part)) return requestPart(part);
    const { content, mimeType } = part.inline;
    const at = pictures.push(await base64Bytes(content)) - 1;
    return { inlineData: { mimeType, data: `${mark}/${at}/` } };
  };
  const packed: RequestPart[] = [];
  for (const part of question.parts) packed.push(await pack(part));
  const places = new RegExp(`${mark}/(\\d+)/`);
  return {
    request: unstored(requestOf(packed, question)),
    unpack: (json) =>
      json
        .split(places)
        .map((piece, at) => (at % 2 === 0 ? piece : (pictures[Number(piece)] ?? ''))),
  };
}
