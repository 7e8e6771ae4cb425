import type { ByteSource } from '../open/byte-source.js';
import { bufferOf } from './edits.js';

/** Whether a PNG is of the kind that Apple's tools put into apps: its first chunk says so. */
export function isCgbi(source: ByteSource): boolean {
  return bufferOf(source, 12, 16).toString('latin1') === 'CgBI';
}
