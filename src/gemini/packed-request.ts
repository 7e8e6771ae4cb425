import { randomUUID } from 'node:crypto';
import type { GenerateContentRequest, RequestPart } from './request.js';

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

export function packRequest({ contents }: GenerateContentRequest): PackedRequest {
  // Nothing that a prompt can hold by chance, or can know.
  const mark = randomUUID();
  const pictures: Uint8Array[] = [];
  const pack = (part: RequestPart): RequestPart => {
    if (!('inlineData' in part)) return part;
    const { mimeType, data } = part.inlineData;
    const at = pictures.push(Buffer.from(data, 'latin1')) - 1;
    return { inlineData: { mimeType, data: `${mark}/${at}/` } };
  };
  const [{ role, parts }] = contents;
  const places = new RegExp(`${mark}/(\\d+)/`);
  return {
    request: { contents: [{ role, parts: parts.map(pack) }] },
    unpack: (json) =>
      json
        .split(places)
        .map((piece, at) => (at % 2 === 0 ? piece : (pictures[Number(piece)] ?? ''))),
  };
}
