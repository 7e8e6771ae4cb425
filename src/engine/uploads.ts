import { tellingOf } from '../domain/events.js';
import type { QuestionPart, UploadedFile } from '../domain/question.js';
import type { GeminiClient } from '../gemini/client.js';
import { throwIfStopped } from '../network/stop-signals.js';
import type { Task } from './engine-task.js';
import type { PictureToUpload } from './prepare.js';

/** The uploaded pictures of one question. They stay with the service until it is answered. */
export interface Uploads {
  /** @throws GeminiImageError, and the reason of `stop`. */
  add(picture: PictureToUpload): Promise<QuestionPart>;
  /**
   * The parts of a question, with each upload in place of its picture. All votes share the uploads.
   *
   * @throws as `add`.
   */
  partsOf(parts: readonly (QuestionPart | PictureToUpload)[]): Promise<readonly QuestionPart[]>;
  /** Deletes all uploads. Never rejects; warns about those that cannot be deleted. */
  delete(): Promise<void>;
}

function isReady(part: QuestionPart | PictureToUpload): part is QuestionPart {
  return !('upload' in part);
}

const DELETED_AT_ONCE = 8;

export function createUploads(client: GeminiClient, { signals, tell }: Task): Uploads {
  // Few questions have uploads.
  let begun: Map<PictureToUpload, Promise<QuestionPart>> | undefined;
  const left: { image: string; file: UploadedFile }[] = [];
  const warn = (image: string) => {
    const message = `a copy of ${image} stays with Google until it expires, after 48 hours`;
    tell?.({ type: 'warning', image, message });
  };
  const deleteNext = async () => {
    for (let next = left.pop(); next; next = left.pop()) {
      // This does not use the run's signals: after Ctrl-C there is still time to clean up.
      if (!(await client.deleteFile(next.file))) warn(next.image);
    }
  };
  const upload = async ({
    upload: { label: image, content, mimeType, pages },
  }: PictureToUpload) => {
    throwIfStopped(signals);
    const telling = tellingOf(image, tell);
    telling({ type: 'upload', bytes: content.size });
    const file = await client.upload(
      { content, mimeType },
      {
        signal: signals?.abort,
        tell: (event) => (event.type === 'copyLeft' ? warn(image) : telling(event)),
      },
    );
    left.push({ image, file });
    return { file, pages };
  };
  /** Uploads each picture once, since the votes of one question share its uploads. */
  const uploadOnce = (picture: PictureToUpload) => {
    begun ??= new Map();
    const one = begun.get(picture) ?? upload(picture);
    begun.set(picture, one);
    return one;
  };
  return {
    add: upload,
    async partsOf(parts) {
      if (parts.every(isReady)) return parts;
      const ready: QuestionPart[] = [];
      for (const part of parts) ready.push('upload' in part ? await uploadOnce(part) : part);
      return ready;
    },
    async delete() {
      if (left.length === 0) return;
      const atOnce = Math.min(left.length, DELETED_AT_ONCE);
      await Promise.all(Array.from({ length: atOnce }, deleteNext));
    },
  };
}
