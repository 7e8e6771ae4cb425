import { basename, dirname, parse } from 'node:path';
import { GeminiImageError } from '../domain/error.js';

/** What is known of a picture by its name, by placeholder. */
export interface NameFacts {
  /** Of the file, such as `boat.jpg`. */
  readonly name: string;
  /** The name without its last extension. */
  readonly stem: string;
  /** The name of the folder that the file lies in, or the host of a web address without one. */
  readonly folder: string;
}

const NAMES = ['name', 'stem', 'folder'] as const satisfies readonly (keyof NameFacts)[];

/** `{{`, or a placeholder; every other brace, as in `{"a": 1}`, is text. */
const MARK = /\{\{|\{[ \t]*(?:([\p{L}_][\p{L}\p{N}_.-]*)[ \t]*)?\}/gu;

/**
 * @param where the text is, for people, as in ` in the context`.
 * @throws GeminiImageError of kind `usage` where there is an unknown placeholder, `{}` included.
 */
export function checkPlaceholders(template: string, where = ''): void {
  for (const [mark, name] of template.matchAll(MARK)) if (mark !== '{{') knownName(name, where);
}

/** Whether there is a placeholder, so that the text depends on the picture. `{{` is none. */
export function hasPlaceholders(template: string): boolean {
  return [...template.matchAll(MARK)].some(([mark]) => mark !== '{{');
}

/**
 * Fills in the facts and makes `{{` a brace, in one pass: what is filled in is not looked into.
 *
 * @throws GeminiImageError of kind `usage` where there is an unknown placeholder.
 */
export function fillPlaceholders(template: string, facts: NameFacts): string {
  return template.replace(MARK, (mark: string, name: string | undefined) =>
    mark === '{{' ? '{' : facts[knownName(name, '')],
  );
}

function knownName(name = '', where: string): keyof NameFacts {
  const known = NAMES.find((one) => one === name);
  if (known !== undefined) return known;
  throw new GeminiImageError({
    kind: 'usage',
    message: `unknown placeholder {${name}}${where}`,
    hint: 'There are {name}, {stem} and {folder}; write {{ for a brace.',
  });
}

/**
 * The facts of a picture's name: a path, which has to be absolute where the folder of a bare file
 * name matters, or an `http(s)` address.
 */
export function factsOfName(name: string): NameFacts {
  if (/^https?:\/\//i.test(name) && URL.canParse(name)) return factsOfAddress(new URL(name));
  return { name: basename(name), stem: parse(name).name, folder: basename(dirname(name)) };
}

function factsOfAddress({ pathname, host }: URL): NameFacts {
  const segments = pathname.split('/').filter((segment) => segment !== '');
  const name = decoded(segments.at(-1) ?? host);
  return { name, stem: parse(name).name, folder: decoded(segments.at(-2) ?? host) };
}

/** An encoded slash stays encoded, since it parts no folders. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment.replace(/%2f/gi, '%252F'));
  } catch {
    return segment;
  }
}
