import type { Brief, JsonSchema, Validation } from '../../domain/brief.js';
import { isObject } from '../../domain/json.js';
import type { PagePlace } from '../../domain/known.js';
import type { NamedPicture } from '../../domain/record.js';
import { parseJsonAnswer } from '../../schema/json-answer.js';
import { parseLanguage } from '../describe/language.js';
import { brokenRules, type Rule } from '../describe/rules.js';
import { altCraft, altRules } from '../describe/styles.js';
import { isControl, placeParagraph } from './place.js';

/** The alternative text for an image at one place of a page: `data` of its record. */
export interface PageAlt {
  /** Whether it adds nothing there, so that `alt` is empty. */
  readonly decorative: boolean;
  readonly alt: string;
  /** What is too long for `alt`, of charts, maps and the like. */
  readonly description?: string;
}

export interface AltBriefOptions {
  /** A BCP 47 tag; without it, the language is that of the page. */
  lang?: string | undefined;
}

/** What is asked of an alternative text in a page. */
export const PAGE_CRAFT =
  `${altCraft} Take the page into account: say what the image is there for, call people and things by ` +
  'the names that the page gives them where the image agrees, and do not repeat the caption or the ' +
  'text beside it. If the caption says it all, the text may be as short as what kind of image it is.';

const PROMPT =
  'Write alt text for this image at its place in a page, for readers who cannot see it. Answer as ' +
  'JSON. "decorative" is true only if a reader loses nothing without the image there: an ornament, a ' +
  'spacer, or what the text beside it says in full; "alt" is empty then. Otherwise it is false, and ' +
  `"alt" is the alt text: ${PAGE_CRAFT} "description" is only for a chart, a diagram, a map or ` +
  'another image with more to tell than "alt" has room for: everything that a sighted reader learns ' +
  'from it, as plain text. Leave it out for every other image.';

const SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    decorative: { type: 'boolean' },
    alt: { type: 'string' },
    description: { type: 'string' },
  },
  required: ['decorative', 'alt'],
  additionalProperties: false,
};

/** The brief that asks for the alternative text of an image at its place in a page. */
export function altBrief({ lang }: AltBriefOptions): Brief {
  const language = lang === undefined ? undefined : parseLanguage(lang);
  return {
    rules: 'page-alt',
    asked: { style: 'page-alt', ...(language && { lang: language.tag }) },
    prompt: PROMPT,
    tells: ({ page }) => page && placeParagraph(page, language),
    schema: SCHEMA,
    mayBeEmpty: true,
    validate: (text, pictures) => validate(text, placeOf(pictures)),
  };
}

/** Where the picture of a question stands. */
export function placeOf(pictures: readonly NamedPicture[] = []): PagePlace {
  return pictures[0]?.known?.page ?? { at: [] };
}

function validate(text: string, place: PagePlace): Validation {
  const answer = parseJsonAnswer(text);
  if (!answer.ok) return answer;
  const data = readPageAlt(answer.value);
  if (!data) return { ok: false, problem: 'it is no object with "decorative" and the text "alt"' };
  const problem = wrongWith(data, place);
  return problem === undefined ? { ok: true, text: data.alt, data } : { ok: false, problem };
}

/** Reads such an answer; what is decorative has no text. */
export function readPageAlt(value: unknown): PageAlt | undefined {
  if (!isObject(value)) return undefined;
  const { decorative, alt, description } = value;
  if (typeof decorative !== 'boolean' || typeof alt !== 'string') return undefined;
  const more = typeof description === 'string' ? description.trim() : '';
  return {
    decorative,
    alt: decorative ? '' : alt.trim(),
    ...(more !== '' && !decorative && { description: more }),
  };
}

/** What is wrong with a text at its place; undefined if nothing is. */
export function wrongWith({ decorative, alt }: PageAlt, place: PagePlace): string | undefined {
  if (!decorative) return brokenRules(alt, [...altRules, noRepetitionOf(place)]);
  return isControl(place)
    ? 'the image is all that a link or button shows, and cannot be decorative'
    : undefined;
}

function noRepetitionOf({ caption, before, after }: PagePlace): Rule {
  return (text) => {
    const isSame = [caption, before, after].some((one) => one !== undefined && isEqual(one, text));
    return isSame ? 'it repeats what stands beside the image, word for word' : undefined;
  };
}

function isEqual(a: string, b: string): boolean {
  const letters = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();
  return letters(a) === letters(b);
}
