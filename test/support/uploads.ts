/** Large pictures, and one-line uploads of them. */
import { createHash } from 'node:crypto';
import { type Content, contentOf } from '../../src/domain/content.js';
import type { UploadOptions } from '../../src/gemini/files/file-record.js';
import { clientOf, failureOf, type Settings } from './ask.js';
import type { UploadServer } from './upload-server.js';

export const MIB = 1024 * 1024;

/** What can be read of a picture, and what was. */
export interface LargePicture {
  content: Content;
  mimeType: string;
  sha256: string;
  reads: [number, number][];
}

/** A picture whose every byte tells its place. */
export function largePicture(size: number): LargePicture {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let at = 0, word = 1; at < words.length; at += 1) {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
    words[at] = word;
  }
  const bytes = new Uint8Array(words.buffer, 0, size);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const reads: [number, number][] = [];
  const { read } = contentOf(bytes);
  const content: Content = {
    size,
    read(from, to) {
      reads.push([from, to]);
      return read(from, to);
    },
  };
  return { content, mimeType: 'image/jpeg', sha256, reads };
}

/** What a caller learned of an upload besides its end. */
export interface Told {
  retries: string[];
  copiesLeft: number;
}

/** Listens to an upload. */
export function listening(): { told: Told; options: UploadOptions } {
  const told: Told = { retries: [], copiesLeft: 0 };
  const options: UploadOptions = {
    tell(event) {
      if (event.type === 'copyLeft') told.copiesLeft += 1;
      else told.retries.push(`${event.error.message}, ${event.delayMs} ms`);
    },
  };
  return { told, options };
}

/** Uploads a picture and returns its file. */
export function upload(
  server: Pick<UploadServer, 'url'>,
  picture: Pick<LargePicture, 'content' | 'mimeType'>,
  settings?: Settings,
  options?: UploadOptions,
) {
  return clientOf(server, settings).upload(picture, options);
}

/** The error that an upload ends in. */
export function uploadInVain(...args: Parameters<typeof upload>) {
  return failureOf(upload(...args));
}
