import { randomUUID } from 'node:crypto';
import { type Content, piecesOf } from '../domain/content.js';
import type { Question, QuestionPart } from '../domain/question.js';
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

/** Read at once: a multiple of three, so that nothing is padded before the end. */
const READ_BYTES = 3 * 262_144;

/** Encoded at once: strings of 16 KB, which are gone before the next collection of garbage. */
const STEP_BYTES = 3 * 4096;

/**
 * Base64 of a content, as the bytes of its letters. No string of the whole is made, which would be
 * copied between the heap's spaces.
 *
 * @throws GeminiImageError of kind `input` where the content can no longer be read.
 */
async function base64Bytes(content: Content): Promise<Uint8Array> {
  const letters = Buffer.allocUnsafeSlow(4 * Math.ceil(content.size / 3));
  let written = 0;
  for await (const { buffer, byteOffset, byteLength } of piecesOf(content, READ_BYTES)) {
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    for (let at = 0; at < bytes.length; at += STEP_BYTES) {
      written += letters.write(bytes.toString('base64', at, at + STEP_BYTES), written, 'latin1');
    }
  }
  return letters;
}
