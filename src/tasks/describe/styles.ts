import type { JsonSchema, SecondQuestion } from '../../domain/brief.js';
import {
  mostCharacters,
  mostSentences,
  noFenceAround,
  noFullStop,
  noImageOf,
  noPreamble,
  noSpeculation,
  noTranscriptPreamble,
  notQuoted,
  oneLine,
  plainText,
} from './rules.js';
import { defaultPrompt, type StyleName } from './style-names.js';
import {
  altAndDescription,
  copy,
  longAltSchema,
  prose,
  tagList,
  tagsSchema,
  type Validate,
} from './validators.js';

/** What is asked, and the rules for the answer. */
export interface Task {
  /** Holds no braces, which would be placeholders. */
  readonly prompt: string;
  /** Set if the answer is JSON. */
  readonly schema?: JsonSchema;
  readonly mayBeEmpty?: true;
  /** What is to be answered where there is nothing, since an answer without words is a fault. */
  readonly forNothing?: string;
  readonly isCopy?: true;
  readonly validate: Validate;
  /** Set if the answer takes a second question. */
  readonly second?: SecondQuestion;
  /** The part of the answer that a limit of words applies to, if not all of it. */
  readonly limited?: string;
}

/** A kind of answer. */
export interface Style extends Task {
  /** One line for the list of styles. */
  readonly summary: string;
  /** An example of an answer. */
  readonly example: string;
  /** The question for the long form, if there is one. */
  readonly long?: Task;
  /** Why the style takes no language, or no limit of words. */
  readonly refuses?: { readonly lang?: string; readonly maxWords?: string };
}

const MOST_IN_ALT = 125;
const MOST_IN_TITLE = 80;

const NO_TEXT = '[no text]';

/** The rules of an alternative text. */
export const altRules = [
  mostCharacters(MOST_IN_ALT),
  oneLine,
  noPreamble,
  noImageOf,
  notQuoted,
  plainText,
];

/** What is asked of an alternative text. */
export const altCraft =
  `at most ${MOST_IN_ALT} characters in one line. Say first what matters most: the subject, what ` +
  'happens, and where. Quote text inside the image where a reader needs it. Do not begin with ' +
  '"image of", "photo of" or the like.';

/** The kinds of answers. Prompts ask for the length in words, because models ignore temperature. */
export const styles = {
  caption: {
    summary: 'one or two sentences (asked by default; with -s also checked)',
    example:
      'Fishing boats lie in a quiet harbour at sunrise. On the quay, a man mends a green net.',
    prompt: defaultPrompt,
    validate: prose(mostSentences(2), noPreamble, plainText),
  },
  alt: {
    summary: 'for the web: at most 125 characters; --long adds a description',
    example: 'Red trawler "MARTA" and two sailing boats at the quay of a small harbour at sunrise.',
    prompt:
      `Write alt text for this image, for readers who cannot see it: ${altCraft} ` +
      'Plain text only, no quotation marks around it, no preamble.',
    validate: prose(...altRules),
    long: {
      prompt:
        'Write alt text and an extended description for this image, for readers who cannot see ' +
        `it. Answer as JSON with two texts. "alt" is the alt text: ${altCraft} "description" is ` +
        'the extended description, one or more paragraphs with everything that a sighted reader ' +
        'learns from the image: layout, people, objects, colours, text word for word, and the ' +
        'values of charts and tables. Both are plain text, without Markdown and without preamble.',
      schema: longAltSchema,
      validate: altAndDescription(altRules, [noPreamble, plainText]),
      limited: 'the description',
    },
  },
  detailed: {
    summary: 'a full description in several sentences',
    example:
      'Three fishing boats lie side by side in a small harbour. The nearest one is red, with ' +
      '"MARTA" in white letters on its bow. Behind them a stone pier leads to a white ' +
      'lighthouse. The sky is orange near the horizon, and the water mirrors it.',
    prompt:
      'Describe this image in detail, in several full sentences: the main subject first, then ' +
      'people and objects, what they do and where they are, the background, colours and light. ' +
      'Quote text that can be read. Say only what can be seen. Plain prose only: no headings, no ' +
      'lists, no Markdown, no preamble.',
    validate: prose(noPreamble, plainText),
  },
  title: {
    summary: `a title in one line of at most ${MOST_IN_TITLE} characters`,
    example: 'Fishing Boats in a Quiet Harbour at Sunrise',
    prompt:
      `Write a title for this image: one line of at most ${MOST_IN_TITLE} characters that names ` +
      'what it shows. No full stop at the end, no quotation marks around it. Plain text only, no ' +
      'preamble.',
    validate: prose(
      mostCharacters(MOST_IN_TITLE),
      oneLine,
      noFullStop,
      noPreamble,
      notQuoted,
      plainText,
    ),
  },
  tags: {
    summary: '5 to 15 tags in lower case; an array in JSON',
    example: 'harbour, fishing boats, sunrise, quay, fisherman, lighthouse, calm sea',
    prompt:
      'List tags for this image, as people would search for it: 5 to 15 of them, as a JSON array ' +
      'of strings. Each is one word or a short phrase in lower case, without commas. The most ' +
      'important come first, and none comes twice. Name only what can be seen: subject, objects, ' +
      'place, activity, colours.',
    schema: tagsSchema,
    validate: tagList,
    refuses: { maxWords: 'It gives 5 to 15 tags.' },
  },
  ocr: {
    summary: 'the text in the picture, exactly, line by line; may be empty',
    example: 'MARTA\nFRESH FISH\nSat 7:00-11:00',
    prompt:
      'Transcribe the text in this image exactly as it is written, in reading order: the same ' +
      'words, spelling, capitals, punctuation and line breaks. Do not translate, correct, explain ' +
      'or add anything: no preamble, no code fence. Where there is no text in the image, answer with ' +
      `${NO_TEXT} alone.`,
    mayBeEmpty: true,
    forNothing: NO_TEXT,
    isCopy: true,
    validate: copy(noFenceAround, noTranscriptPreamble),
    refuses: {
      lang: 'It copies the text as it is.',
      maxWords: 'It copies the text as it is.',
    },
  },
  product: {
    summary: 'a description for a shop: what it is, its form, colour and material',
    example:
      'Wooden model of a fishing boat with a red hull, a white cabin and a single mast. The ' +
      'name "MARTA" is painted on the bow in white letters, and the boat stands on a small ' +
      'stand of dark wood.',
    prompt:
      'Describe the product in this image for a shop: what it is, its form, colour and material, ' +
      'and the features that can be seen. One paragraph of plain text. Say only what is visible: ' +
      'no price, no brand or size that cannot be read, no invented facts. No headings, no lists, ' +
      'no preamble.',
    validate: prose(oneLine, noPreamble, plainText),
  },
  dataset: {
    summary: 'for training models: one line, subject first, no speculation',
    example:
      'three fishing boats at a stone quay in a small harbour, red hull in front, lighthouse on ' +
      'the left, orange sky at sunrise, calm water',
    prompt:
      'Describe this image for the training set of an image model, in one line: the main subject ' +
      'first, then its attributes, what it does, its surroundings, light and style. State only ' +
      'what is visible, without speculation such as "appears to" or "possibly". Do not begin ' +
      'with "image of" or "this image shows". Plain text only, no preamble.',
    validate: prose(oneLine, noPreamble, noImageOf, noSpeculation, plainText),
  },
} as const satisfies Record<StyleName, Style>;
