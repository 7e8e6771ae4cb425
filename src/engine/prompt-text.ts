import { basename, dirname, parse } from 'node:path';
import { usageError } from '../domain/error.js';

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

/** A placeholder, or braces; every brace that is no part of either, as in `{"a": {}}`, is text. */
const TOKEN = /\{\{|\{[ \t]*([\p{L}_][\p{L}\p{N}_.-]*)[ \t]*\}|[{}]/gu;

/** A piece of a template: text as it is to appear, or the name of a placeholder. */
type Piece = { text: string } | { placeholder: string };

/**
 * Takes a template apart. `{{` is a brace, and so is the `}}` that closes it; what closes a single
 * brace stays as it is, so that JSON means what it says.
 */
function piecesOf(template: string): Piece[] {
  const pieces: Piece[] = [];
  /** Of each brace that is open, whether it was written twice. */
  const open: boolean[] = [];
  let end = 0;
  for (const match of template.matchAll(TOKEN)) {
    const [token, name = ''] = match;
    // The second brace of a pair that was taken already.
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
 * @param where the text is, for people, as in ` in the context`.
 * @throws GeminiImageError of kind `usage` where there is an unknown placeholder.
 */
export function checkPlaceholders(template: string, where = ''): void {
  for (const piece of piecesOf(template)) {
    if ('placeholder' in piece) knownName(piece.placeholder, where);
  }
}

/** Whether there is a placeholder, so that the text depends on the picture. `{{` is none. */
export function hasPlaceholders(template: string): boolean {
  return piecesOf(template).some((piece) => 'placeholder' in piece);
}

/**
 * Fills in the facts and makes one brace of two, in one pass: what is filled in is not looked into.
 *
 * @throws GeminiImageError of kind `usage` where there is an unknown placeholder.
 */
export function fillPlaceholders(template: string, facts: NameFacts): string {
  return piecesOf(template)
    .map((piece) => ('text' in piece ? piece.text : facts[knownName(piece.placeholder, '')]))
    .join('');
}

/**
 * The template that gives a text to the letter, whatever braces are in it. It is to be made of the
 * text as a whole: a brace that is open in one part may be closed in the next.
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

/**
 * A text between tags, on lines of their own. Where the text itself has such a tag, the tags get a
 * number: nothing in the text may end it early.
 */
export function enclosed(name: string, text: string): string {
  const lower = text.toLowerCase();
  let tag = name;
  for (let number = 2; lower.includes(`</${tag}>`); number += 1) tag = `${name}-${number}`;
  return `<${tag}>\n${text}\n</${tag}>`;
}

/** In characters. */
const MOST_QUOTED = 4000;

/**
 * What is said after the prompt where an answer did not keep to it. It is no template: braces in it
 * are text.
 *
 * @param problem what is wrong with the answer, as a `Validation` has it.
 */
export function correctionOf(problem: string, answer: string): string {
  const { text, isCut } = beginningOf(answer);
  return [
    `An earlier answer to this is not usable, because ${problem}.`,
    isCut ? `It began with these ${MOST_QUOTED} characters, and went on:` : 'It was:',
    enclosed('answer', text),
    'Answer again, with nothing but the answer, and keep to everything above. ' +
      'Do not apologise, and do not mention the earlier answer.',
  ].join('\n\n');
}

function beginningOf(answer: string): { text: string; isCut: boolean } {
  // A character takes two code units at the most, so that a long answer need not be taken apart.
  const characters = [...answer.slice(0, 2 * MOST_QUOTED + 2)];
  if (characters.length <= MOST_QUOTED) return { text: answer, isCut: false };
  return { text: characters.slice(0, MOST_QUOTED).join(''), isCut: true };
}
