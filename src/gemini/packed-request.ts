import { randomUUID } from 'node:crypto';
import { type Content, piecesOf } from '../domain/content.js';
import { giveBack, lend } from '../domain/lent-memory.js';
import type { Question } from '../domain/question.js';
import {
  type GenerateContentRequest,
  type RequestPart,
  requestOf,
  requestPart,
  unstored,
} from './request.js';
import { base64Length } from './request-size.js';

/**
 * A request that passes through the SDK without the data of its pictures. The SDK would search that
 * data for characters to escape, and copy it, with every attempt.
 */
export interface PackedRequest {
  /** Has a placeholder instead of each picture's data. */
  readonly request: GenerateContentRequest;
  /** Puts the data back into the JSON that the SDK made, to be sent. */
  unpack(json: string): readonly (string | Uint8Array)[];
  /** To be called when what was unpacked has left this process as a whole. */
  left(): void;
  /** To be called when nothing of it will be sent any more: its memory is used again, if that is safe. */
  release(): void;
}

/** Stands for the data of a picture. A prompt can neither hold it by chance nor know it. */
const MARK = randomUUID();

/** @throws GeminiImageError of kind `input` if a picture can no longer be read. */
export async function packRequest(question: Omit<Question, 'model'>): Promise<PackedRequest> {
  const pictures: Uint8Array[] = [];
  const packed: RequestPart[] = [];
  for (const part of question.parts) {
    if ('inline' in part) {
      const { content, mimeType } = part.inline;
      pictures.push(await base64Bytes(content));
      packed.push({ inlineData: { mimeType, data: MARK } });
    } else packed.push(requestPart(part));
  }
  /** A connection that broke, or was answered early, may still look at the bytes. */
  let onTheirWay = 0;
  return {
    request: unstored(requestOf(packed, question)),
    unpack(json) {
      onTheirWay += 1;
      // JSON has the parts in their order.
      const pieces: (string | Uint8Array)[] = [];
      for (const [at, text] of json.split(MARK).entries()) {
        const picture = pictures[at];
        pieces.push(text);
        if (picture) pieces.push(picture);
      }
      return pieces;
    },
    left() {
      onTheirWay -= 1;
    },
    release() {
      if (onTheirWay === 0) for (const picture of pictures.splice(0)) giveBack(picture);
    },
  };
}

/** Bytes read at once: a multiple of three, so that there is no padding before the end. */
const READ_BYTES = 3 * 262_144;

/** Bytes encoded at once, as strings of 64 KB that the next garbage collection removes. */
const STEP_BYTES = 3 * 16_384;

/**
 * After so many pictures, own code writes the base64 of those that are not large. Strings are a third of the garbage of
 * a long run, and with less of it the heap grows less. Node's own is quicker: much so until the engine has compiled
 * the other, and by a millisecond or more where a picture is large.
 */
const MANY = 100;
const LARGE_BYTES = 1_048_576;

/** Writes the base64 of some bytes into a buffer, at an offset, and returns how many letters it has. */
type Encode = (bytes: Uint8Array, into: Buffer, at: number) => number;

let encoded = 0;
let ownEncode: Encode | undefined;

/**
 * The base64 of a content, as ASCII bytes in memory that is lent. It avoids a string of the whole, which the garbage
 * collector would copy.
 *
 * @throws GeminiImageError of kind `input` if the content can no longer be read.
 */
async function base64Bytes(content: Content): Promise<Uint8Array> {
  encoded += 1;
  if (encoded > MANY) ownEncode ??= (await import('./base64.js')).writeBase64;
  const encode = (content.size < LARGE_BYTES && ownEncode) || encodeByStrings;
  const letters = lend(base64Length(content.size));
  if (content.bytes) encode(content.bytes, letters, 0);
  else {
    let written = 0;
    for await (const piece of piecesOf(content, READ_BYTES)) {
      written += encode(piece, letters, written);
    }
  }
  return letters;
}

const encodeByStrings: Encode = ({ buffer, byteOffset, byteLength }, into, start) => {
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  let written = 0;
  for (let at = 0; at < bytes.length; at += STEP_BYTES) {
    const text = bytes.toString('base64', at, at + STEP_BYTES);
    written += into.write(text, start + written, 'latin1');
  }
  return written;
};
