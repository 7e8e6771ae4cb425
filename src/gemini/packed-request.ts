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
 * A request that passes through the SDK without the data of its pictures. The SDK would search that
 * data for characters to escape, and copy it, with every attempt.
 */
export interface PackedRequest {
  /** Has a placeholder instead of each picture's data. */
  readonly request: GenerateContentRequest;
  /** Puts the data back into the JSON that the SDK made. */
  unpack(json: string): readonly (string | Uint8Array)[];
}

/** @throws GeminiImageError of kind `input` if a picture can no longer be read. */
export async function packRequest(question: Omit<Question, 'model'>): Promise<PackedRequest> {
  // A prompt can neither hold this by chance nor know it.
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

/** Bytes read at once: a multiple of three, so that there is no padding before the end. */
const READ_BYTES = 3 * 262_144;

/** Bytes encoded at once, as strings of 16 KB that the next garbage collection removes. */
const STEP_BYTES = 3 * 4096;

/**
 * The base64 of a content, as ASCII bytes. It avoids a string of the whole, which the garbage
 * collector would copy.
 *
 * @throws GeminiImageError of kind `input` if the content can no longer be read.
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
