import type { QuestionPart, UploadedFile } from '../domain/question.js';
import type { GeminiClient } from '../gemini/client.js';
import type { LoadedPicture } from '../images/load.js';
import { displayName } from '../images/web/display-name.js';
import type { CaptionTask } from './engine-task.js';

/** The pictures of one question that lie with the service as long as it is asked. */
export interface Uploads {
  /** @throws GeminiImageError, and the reason of `stop`. */
  add(picture: LoadedPicture): Promise<QuestionPart>;
  /** Deletes them all; never rejects, and warns of what cannot be deleted. */
  delete(): Promise<void>;
}

const DELETED_AT_ONCE = 8;

export function uploadsOf(client: GeminiClient, { signal, stop, listener }: CaptionTask): Uploads {
  const left: { image: string; file: UploadedFile }[] = [];
  const warn = (image: string) => {
    const message = `a copy of ${image} stays with Google until it expires, after 48 hours`;
    listener?.({ type: 'warning', image, message });
  };
  const deleteNext = async () => {
    for (let next = left.pop(); next; next = left.pop()) {
      // Not with the run's signal: after Ctrl-C there is still time to tidy up.
      if (!(await client.deleteFile(next.file))) warn(next.image);
    }
  };
  return {
    async add({ name, content, facts }) {
      stop?.throwIfAborted();
      const image = displayName(name);
      const { mimeType } = facts.sent;
      listener?.({ type: 'upload', image, bytes: content.size });
      const file = await client.upload(
        { content, mimeType },
        {
          signal,
          onRetry: (retry) => listener?.({ type: 'retry', image, ...retry }),
          onCopyLeft: () => warn(image),
        },
      );
      left.push({ image, file });
      return { file };
    },
    async delete() {
      const atOnce = Math.min(left.length, DELETED_AT_ONCE);
      await Promise.all(Array.from({ length: atOnce }, deleteNext));
    },
  };
}
