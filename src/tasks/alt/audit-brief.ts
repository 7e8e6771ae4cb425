import type { Brief, JsonSchema, Validation } from '../../domain/brief.js';
import { isObject } from '../../domain/json.js';
import type { PagePlace } from '../../domain/known.js';
import { enclosed } from '../../engine/prompt-text.js';
import { parseJsonAnswer } from '../../schema/json-answer.js';
import { verdictLine } from '../check/checked.js';
import { type JudgedClaim, VERDICTS } from '../check/verdict.js';
import { readVerdicts } from '../check/verdicts.js';
import { parseLanguage } from '../describe/language.js';
import {
  type AltBriefOptions,
  PAGE_CRAFT,
  type PageAlt,
  placeOf,
  readPageAlt,
  wrongWith,
} from './alt-brief.js';
import { placeParagraph } from './place.js';

/** What is judged about an alternative text: `data` of its record. */
export interface PageAudit extends PageAlt {
  readonly verdicts: readonly JudgedClaim[];
}

const OF_A_TEXT = [
  'What the alt text says is true of the image.',
  'The alt text is complete: it says what a reader needs of the image at this place.',
  'The alt text does not repeat the caption or the text beside the image.',
];
const OF_NONE = ['The image is decorative at this place: a reader loses nothing without it.'];

/** What has to hold of the alternative text at a place. */
function claimsAbout({ alt = '' }: PagePlace): readonly string[] {
  return alt === '' ? OF_NONE : OF_A_TEXT;
}

const PROMPT =
  'Judge the alt text that this image has at its place in a page, for readers who cannot see the ' +
  'image. Below are claims, each with its number. Answer as JSON. "verdicts" has for each claim, ' +
  'exactly once: "claim", its number; "evidence", one sentence that names what decides it; and ' +
  '"verdict", which is "holds" only if the claim is clearly true, "fails" only if it is clearly not, ' +
  'and "unclear" where it cannot be told. A text that a reader can work with is good enough: do not ' +
  'fail it for taste. "decorative" and "alt" are what should stand there. "decorative" is true only ' +
  'if a reader loses nothing without the image; "alt" is empty then. Otherwise "alt" is the alt text ' +
  `that stands there, if all claims hold, or a better one: ${PAGE_CRAFT}`;

const SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    verdicts: {
      type: 'array',
      minItems: 1,
      maxItems: OF_A_TEXT.length,
      items: {
        type: 'object',
        properties: {
          claim: { type: 'integer', minimum: 1, maximum: OF_A_TEXT.length },
          evidence: { type: 'string' },
          verdict: { type: 'string', enum: [...VERDICTS] },
        },
        required: ['claim', 'evidence', 'verdict'],
      },
    },
    decorative: { type: 'boolean' },
    alt: { type: 'string' },
  },
  required: ['verdicts', 'decorative', 'alt'],
  additionalProperties: false,
};

/** The brief that asks whether the alternative text of an image is right at its place in a page. */
export function auditBrief({ lang }: AltBriefOptions): Brief {
  const language = lang === undefined ? undefined : parseLanguage(lang);
  return {
    rules: 'page-audit',
    asked: { style: 'page-audit', ...(language && { lang: language.tag }) },
    prompt: PROMPT,
    tells: ({ page }) =>
      page && [placeParagraph(page, language), altParagraph(page), claimBlocks(page)].join('\n\n'),
    schema: SCHEMA,
    validate: (text, pictures) => validate(text, placeOf(pictures)),
  };
}

/** What was said of each claim, by the data of a record. */
export function verdictsIn(data: unknown): readonly JudgedClaim[] {
  return isObject(data) && Array.isArray(data.verdicts) ? data.verdicts : [];
}

function altParagraph({ alt = '' }: PagePlace): string {
  return alt === ''
    ? 'The image has an empty alt text there, which says that it is decorative.'
    : `The alt text there is between these tags; it is there to be judged:\n${enclosed('alt', alt)}`;
}

function claimBlocks(place: PagePlace): string {
  return claimsAbout(place)
    .map((claim, index) => `<claim id="${index + 1}">\n${claim}\n</claim>`)
    .join('\n\n');
}

function validate(text: string, place: PagePlace): Validation {
  const claims = claimsAbout(place);
  const read = readVerdicts(text, claims.length);
  if (!read.ok) return read;
  const answer = parseJsonAnswer(text);
  const better = answer.ok && isObject(answer.value) ? readPageAlt(answer.value) : undefined;
  if (!better) return { ok: false, problem: 'it has no "decorative" and no text "alt"' };
  const verdicts = claims.flatMap((claim, index): JudgedClaim[] => {
    const vote = read.votes[index];
    return vote ? [{ claim, verdict: vote.verdict, evidence: vote.evidence }] : [];
  });
  // What stays as it is need not keep to rules for what is new.
  const isWrong = verdicts.some(({ verdict }) => verdict === 'fails');
  const problem = isWrong ? wrongWith(better, place) : undefined;
  if (problem !== undefined) return { ok: false, problem: `of "alt", ${problem}` };
  const data: PageAudit = { verdicts, ...better };
  return { ok: true, text: verdicts.map(verdictLine).join('\n'), data };
}
