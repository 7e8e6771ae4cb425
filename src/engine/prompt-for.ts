import { resolve } from 'node:path';
import { GeminiImageError } from '../domain/error.js';
import type { ImageReference } from '../images/find/reference.js';
import type { NamedBytes } from '../images/load.js';
import { factsOfName, fillPlaceholders, hasPlaceholders } from './prompt-text.js';

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
