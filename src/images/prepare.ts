import { GeminiImageError } from '../domain/error.js';
import { type Recognised, TAKEN_HINT } from './recognise.js';

/** What will be sent of a picture. */
export interface Prepared {
  bytes: Uint8Array;
  mimeType: string;
  width: number;
  height: number;
}

/**
 * Makes a recognised picture fit to be sent. What Gemini takes goes as it is; this is the place
 * where other formats would be converted.
 *
 * @throws GeminiImageError of kind `input` where Gemini does not take the format.
 */
export function prepare(bytes: Uint8Array, { format, size }: Recognised): Prepared {
  if (format.mimeType === undefined || size === undefined) {
    throw new GeminiImageError({
      kind: 'input',
      message: `it is ${format.name}, which Gemini does not take`,
      hint: `Convert it to PNG or JPEG first. ${TAKEN_HINT}`,
    });
  }
  return { bytes, mimeType: format.mimeType, ...size };
}
