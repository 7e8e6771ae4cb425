import { resolve } from 'node:path';
import { GeminiImageError } from '../domain/error.js';
import type { QuestionPart } from '../domain/question.js';
import type { NamedPicture } from '../domain/record.js';
import { requestBudget } from '../gemini/request-size.js';
import type { ImageReference } from '../images/find/reference.js';
import { type LoadedPicture, loadPicture, type NamedBytes } from '../images/load.js';
import { displayName } from '../images/web/display-name.js';
import type { CaptionTask } from './engine-task.js';
import { naming } from './outcome.js';
import { factsOfName, fillPlaceholders, hasPlaceholders } from './prompt-text.js';

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

/** A picture that was loaded, and what is known of its place in a question. */
export interface PictureToPlace extends LoadedPicture {
  /** Whether its bytes still fit into the request. */
  fits: boolean;
  /** Its name as text before it, where it has that. */
  label: string | undefined;
}

/** As long as what is said where an answer is asked for again: room that the pictures must leave. */
const CORRECTION = ' '.repeat(32_768);

/**
 * Loads pictures one after the other and gives each its part of a question, which is what `place`
 * makes of it.
 *
 * @param prompt as it is sent.
 * @throws GeminiImageError of kind `input` or `service`, and of kind `usage` where the texts leave
 *   no room.
 */
export async function* loadParts<Part>(
  { images, labelled }: QuestionPictures,
  prompt: string,
  task: CaptionTask,
  place: (picture: PictureToPlace) => Promise<Part>,
): AsyncGenerator<PlacedPicture<Part>, void, void> {
  const labels = labelled ? images.map(({ name }) => displayName(name)) : [];
  const { brief, settings } = task;
  const texts = [...labels, prompt, ...(brief.rules === undefined ? [] : [CORRECTION])];
  const budget = requestBudget(texts, images.length, { settings, schema: brief.schema });
  if (!budget) {
    throw new GeminiImageError({ kind: 'usage', message: 'the prompt is too long for a request' });
  }
  for (const [at, image] of images.entries()) {
    try {
      const loaded = await load(image, task);
      const { content, facts } = loaded;
      const fits = budget.admits({ size: content.size, mimeType: facts.sent.mimeType });
      const label = labels[at];
      const part = await place({ ...loaded, fits, label });
      const parts = label === undefined ? [part] : [{ text: label }, part];
      yield { picture: { image: image.name, ...facts }, parts };
    } catch (error) {
      // Why the run ends is not this picture's.
      throw labelled && error !== task.stop?.reason ? naming(image.name, error) : error;
    }
  }
}

/** A picture as a part of the request itself. */
export function inlinePart({ content, facts }: LoadedPicture): QuestionPart {
  return { inline: { content, mimeType: facts.sent.mimeType } };
}

async function load(
  image: ImageReference | NamedBytes,
  { load, signal, stop, listener }: CaptionTask,
): Promise<LoadedPicture> {
  stop?.throwIfAborted();
  const shown = displayName(image.name);
  const loaded = await loadPicture(image, {
    ...load,
    // A run that ends has no use for a picture that was not asked about.
    signal: stop ?? signal,
    onRetry: (retry) => listener?.({ type: 'retry', image: shown, ...retry }),
  });
  for (const notice of loaded.notices) listener?.({ type: 'warning', image: shown, ...notice });
  return loaded;
}

/**
 * The prompt of one question, with what it says of its picture filled in.
 *
 * @param template in which `{name}`, `{stem}` and `{folder}` stand for facts of the picture.
 * @throws GeminiImageError of kind `usage` where there is no such fact.
 */
export function promptFor(
  template: string,
  images: readonly (ImageReference | NamedBytes)[],
): string {
  if (!hasPlaceholders(template)) {
    return fillPlaceholders(template, { name: '', stem: '', folder: '' });
  }
  const [image, ...others] = images;
  if (!image || others.length > 0) {
    throw nameless('several pictures have no name in common', 'Leave out --together.');
  }
  if ('bytes' in image || image.kind === 'stdin') {
    throw nameless('a picture from stdin has no name', 'Give it as a file.');
  }
  return fillPlaceholders(
    template,
    factsOfName(image.kind === 'file' ? resolve(image.name) : image.name),
  );
}

function nameless(why: string, what: string): GeminiImageError {
  return new GeminiImageError({
    kind: 'usage',
    message: `the prompt names its picture by {name}, {stem} or {folder}, and ${why}`,
    hint: `${what} A brace by itself is written {{.`,
  });
}
