import { basename, dirname, parse } from 'node:path';
import { usageError } from '../domain/error.js';

/** What the name of a picture tells, by placeholder. */
export interface NameFacts {
  /** The file name, such as `boat.jpg`. */
  readonly name: string;
  /** The name without its last extension. */
  readonly stem: string;
  /** The name of the file's folder; for a web address without one, its host. */
  readonly folder: string;
}

const NAMES = ['name', 'stem', 'folder'] as const satisfies readonly (keyof NameFacts)[];

/** A placeholder, or braces. Any other brace, as in `{"a": {}}`, is text. */
const TOKEN = /\{\{|\{[ \t]*([\p{L}_][\p{L}\p{N}_.-]*)[ \t]*\}|[{}]/gu;

/** A piece of a template: text to send as it is, or the name of a placeholder. */
type Piece = { text: string } | { placeholder: string };

/**
 * Splits a template. `{{` is a brace, and so is the `}}` that closes it. A `}}` that closes single
 * braces stays as it is, so that JSON keeps its meaning.
 */
function piecesOf(template: string): readonly Piece[] {
  if (last?.template !== template) last = { template, pieces: split(template) };
  return last.pieces;
}

/** A run fills in one template for all its pictures. */
let last: { template: string; pieces: readonly Piece[] } | undefined;

function split(template: string): Piece[] {
  const pieces: Piece[] = [];
  /** For each open brace, whether it was written twice. */
  const open: boolean[] = [];
  let end = 0;
  for (const match of template.matchAll(TOKEN)) {
    const [token, name = ''] = match;
    // This is the second brace of a pair that is already done.
    if (match.index < end) continue;
    pieces.push({ text: template.slice(end, match.index) });
    end = match.index + token.length;
    if (token === '{{' || token === '{') {
      open.push(token === '{{');
      pieces.push({ text: '{' });
    } else if (token === '}') {
      if (open.pop() && template[end] === '}') end += 1;
      pieces.push({ text: '}' });
    } else pieces.push({ placeholder: name });
  }
  pieces.push({ text: template.slice(end) });
  return pieces;
}

/**
 * @param where the place of the text in words, as in ` in the context`.
 * @throws GeminiImageError of kind `usage` if it has an unknown placeholder.
 */
export function checkPlaceholders(template: string, where = ''): void {
  for (const piece of piecesOf(template)) {
    if ('placeholder' in piece) knownName(piece.placeholder, where);
  }
}

/** Whether the text has a placeholder and so depends on the picture. `{{` is not a placeholder. */
export function hasPlaceholders(template: string): boolean {
  return piecesOf(template).some((piece) => 'placeholder' in piece);
}

/**
 * Fills in the facts and turns doubled braces into single ones, in one pass: braces in the facts
 * stay.
 *
 * @throws GeminiImageError of kind `usage` if there is an unknown placeholder.
 */
export function fillPlaceholders(template: string, facts: NameFacts): string {
  return piecesOf(template)
    .map((piece) => ('text' in piece ? piece.text : facts[knownName(piece.placeholder, '')]))
    .join('');
}

/**
 * Makes a template that yields exactly this text, whatever braces it has. Pass the whole text: a
 * brace that opens in one part may close in the next.
 */
export function literalTemplate(text: string): string {
  let open = 0;
  return text.replace(/[{}]/g, (brace) => {
    if (brace === '{') {
      open += 1;
      return '{{';
    }
    if (open === 0) return '}';
    open -= 1;
    return '}}';
  });
}

function knownName(name = '', where: string): keyof NameFacts {
  const known = NAMES.find((one) => one === name);
  if (known !== undefined) return known;
  throw usageError(
    `unknown placeholder {${name}}${where}`,
    'There are {name}, {stem} and {folder}; write {{ and }} for braces.',
  );
}

/**
 * The facts of a picture's name, which is an `http(s)` address or a path. A bare file name has no
 * folder, so pass an absolute path.
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

/** An encoded slash stays encoded, because it does not separate folders. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment.replace(/%2f/gi, '%252F'));
  } catch {
    return segment;
  }
}

/**
 * Puts a text between tags, on lines of their own. If the text itself has such a tag, the tags get
 * a number, so that nothing in the text can close them early.
 */
export function enclosed(name: string, text: string): string {
  const tag = freeTag(name, text);
  return `<${tag}>\n${text}\n</${tag}>`;
}

/** A name for tags which the text does not open or close itself: `task`, or `task-2` and so on. */
export function freeTag(name: string, text: string): string {
  const taken = new Set(
    Array.from(text.matchAll(/<\s*\/?\s*([\p{L}\p{N}_-]+)/gu), ([, tag = '']) => tag.toLowerCase()),
  );
  let tag = name;
  for (let number = 2; taken.has(tag); number += 1) tag = `${name}-${number}`;
  return tag;
}

/** In characters. */
const MOST_QUOTED = 4000;

/**
 * The text after the prompt that asks for a corrected answer. It is not a template: braces in it
 * are text.
 *
 * @param problem what is wrong with the answer, as in a `Validation`.
 * @param styles of several styles, those that were wrong; the answer is what was said to them.
 */
export function correctionOf(problem: string, answer: string, styles?: readonly string[]): string {
  const { text, isCut } = beginningOf(answer);
  return [
    `An earlier answer to this is not usable, because ${problem}.`,
    isCut ? `It began with these ${MOST_QUOTED} characters, and went on:` : 'It was:',
    enclosed('answer', text),
    `Answer again, ${wantedOf(styles)}, and keep to everything above. ` +
      'Do not apologise, and do not mention the earlier answer.',
  ].join('\n\n');
}

function wantedOf(styles: readonly string[] | undefined): string {
  if (!styles) return 'with nothing but the answer';
  return `with nothing but a JSON object that has ${styles.join(' and ')} alone`;
}

function beginningOf(answer: string): { text: string; isCut: boolean } {
  // A character takes at most two code units, so this is enough of a long answer.
  const characters = [...answer.slice(0, 2 * MOST_QUOTED + 2)];
  if (characters.length <= MOST_QUOTED) return { text: answer, isCut: false };
  return { text: characters.slice(0, MOST_QUOTED).join(''), isCut: true };
}
