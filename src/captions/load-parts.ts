import { GeminiImageError } from '../domain/error.js';
import type { QuestionPart } from '../domain/question.js';
import type { NamedPicture } from '../domain/record.js';
import { requestBudget } from '../gemini/request-budget.js';
import type { ImageReference } from '../images/find/reference.js';
import { type LoadedPicture, loadPicture, type NamedBytes } from '../images/load.js';
import { displayName } from '../images/web/display-name.js';
import type { CaptionTask } from './caption-task.js';
import { naming } from './naming.js';

/** The pictures of one question. */
export interface QuestionPictures {
  images: readonly (ImageReference | NamedBytes)[];
  /** Whether each picture has its name as text before it. */
  labelled: boolean;
}

/** A picture that has its place in a question. */
export interface PlacedPicture<Part> {
  picture: NamedPicture;
  /** The picture, after its name where it has one. */
  parts: readonly (Part | QuestionPart)[];
}

/**
 * Loads pictures one after the other and gives each its part of a question: its bytes where they
 * still fit, and otherwise what `upload` makes of it.
 *
 * @throws GeminiImageError of kind `input` or `service`, and of kind `usage` where the texts leave
 *   no room.
 */
export async function* loadParts<Part>(
  { images, labelled }: QuestionPictures,
  task: CaptionTask,
  upload: (picture: LoadedPicture) => Promise<Part>,
): AsyncGenerator<PlacedPicture<Part>, void, void> {
  const labels = labelled ? images.map(({ name }) => displayName(name)) : [];
  const budget = requestBudget([...labels, task.prompt], images.length);
  if (!budget) {
    throw new GeminiImageError({ kind: 'usage', message: 'the prompt is too long for a request' });
  }
  for (const image of images) {
    try {
      const loaded = await load(image, task);
      const { content, facts } = loaded;
      const { mimeType } = facts.sent;
      const fits = budget.admits({ size: content.size, mimeType });
      const part = fits ? { inline: { content, mimeType } } : await upload(loaded);
      const parts = labelled ? [{ text: displayName(image.name) }, part] : [part];
      yield { picture: { image: image.name, ...facts }, parts };
    } catch (error) {
      throw labelled ? naming(image.name, error) : error;
    }
  }
}

async function load(
  image: ImageReference | NamedBytes,
  { load, signal, listener }: CaptionTask,
): Promise<LoadedPicture> {
  const shown = displayName(image.name);
  const loaded = await loadPicture(image, {
    ...load,
    signal,
    onRetry: (retry) => listener?.({ type: 'retry', image: shown, ...retry }),
  });
  for (const notice of loaded.notices) listener?.({ type: 'warning', image: shown, ...notice });
  return loaded;
}
