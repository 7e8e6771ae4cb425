import { type Content, piecesOf } from '../domain/content.js';

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
export async function base64Bytes(content: Content): Promise<Uint8Array> {
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
