import {
  countCharacters,
  countSentences,
  countWords,
  endsOpen,
  withoutQuotations,
} from './counting.js';

/** Returns what is wrong with a text, as a clause for the model and for people: "it has …". */
export type Rule = (text: string) => string | undefined;

/** All rules that the text breaks, in one line; undefined if it keeps all of them. */
export function brokenRules(text: string, rules: readonly Rule[]): string | undefined {
  if (text.trim() === '') return 'it is empty';
  const broken = rules.map((rule) => rule(text)).filter((problem) => problem !== undefined);
  return broken.length === 0 ? undefined : broken.join('; ');
}

export function mostCharacters(most: number): Rule {
  return (text) => moreThan(most, countCharacters(text), 'characters');
}

export function mostSentences(most: number): Rule {
  return (text) => moreThan(most, countSentences(text), 'sentences');
}

export function mostWords(most: number, languageTag: string | undefined): Rule {
  return (text) => moreThan(most, countWords(text, languageTag), 'words');
}

function moreThan(most: number, count: number, what: string): string | undefined {
  if (count <= most) return undefined;
  return `it has ${count} ${what}, and ${most} ${most === 1 ? 'is' : 'are'} the most`;
}

/** Every line break that Unicode defines. */
export const LINE_BREAK: RegExp = /[\n\v\f\r\u0085\u2028\u2029]/;

export const oneLine: Rule = (text) =>
  LINE_BREAK.test(text) ? 'it has a line break, and one line is asked for' : undefined;

const markup: Readonly<Record<string, (text: string) => boolean>> = {
  'a heading': (text) => /^ {0,3}#{1,6}[ \t]+\S/m.test(text),
  'a bullet list': (text) => /^[ \t]*[-*+•][ \t]+\S/m.test(text),
  // A single line may begin with a number and a stop, as in "2. Bundesliga"; two make a list.
  'a numbered list': (text) => /^[ \t]*1[.)][ \t]/m.test(text) && /^[ \t]*2[.)][ \t]/m.test(text),
  // An operator, as in 2**8 or f(**options), touches a word on the wrong side.
  'bold words': (text) => /(?<!\w)\*\*(?=[^\s*])[^*\n]*[^\s*]\*\*(?!\w)/.test(text),
  'a code fence': (text) => /^[ \t]*(?:```|~~~)/m.test(text),
};

/** The text holds no Markdown. */
export const plainText: Rule = (text) => {
  const found = Object.keys(markup).filter((what) => markup[what]?.(text));
  return found.length === 0
    ? undefined
    : `it has ${found.join(' and ')}, and plain text is asked for`;
};

/** Each opening mark with its closing marks. */
const quotationMarks: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '“': '”',
  '‘': '’',
  '„': '“”',
  '«': '»',
  '»': '«',
  '‹': '›',
  '「': '」',
  '『': '』',
};

/**
 * The text as a whole is not in quotation marks. Quotations inside it are fine, even at both ends.
 */
export const notQuoted: Rule = (text) => {
  // An apostrophe does not close a quotation.
  const marks = text.replace(/(?<=\p{L})['’](?=\p{L})/gu, '');
  const [opening = ''] = marks;
  const closing = quotationMarks[opening];
  if (closing === undefined || marks.length < 2 || !closing.includes(marks.slice(-1))) {
    return undefined;
  }
  const inside = marks.slice(1, -1);
  const next = [...inside].findIndex((mark) => closing.includes(mark));
  // A mark that can open or close opens an inner quotation if it follows a space.
  const opens = /\s/.test([...inside][next - 1] ?? '');
  return next < 0 || opens ? 'it is in quotation marks' : undefined;
};

export const noFullStop: Rule = (text) =>
  /[.。．｡]$/.test(text) && !endsOpen(text) ? 'it ends with a full stop' : undefined;

const SPECULATION =
  /(?<!\p{L})(?:appears? to|appeared to|appearing to|apparently|seem(?:s|ed|ing|ingly)?|possibly|probably|perhaps|maybe|might be|might have|(?:un)?likely|suggest(?:s|ed|ing)?|presumably)(?!\p{L})/iu;

/** The text does not guess. Words quoted from the picture may be uncertain. */
export const noSpeculation: Rule = (text) => {
  const [found] = SPECULATION.exec(withoutQuotations(text)) ?? [];
  return found === undefined ? undefined : `it speculates with "${found}"`;
};

export const noFenceAround: Rule = (text) =>
  /^\s*```[^\n]*\n/.test(text) && /```\s*$/.test(text) ? 'it is in a code fence' : undefined;

const PICTURE = '(?:the|this|that) (?:provided |given )?(?:image|picture|photo|photograph)';
const TEXT = '(?:\\w+ )?(?:text|words|writing)(?: or (?:text|words|writing|numbers))?';

/** Matches only an answer that is one sentence as a whole. */
const NO_TEXT = new RegExp(
  `^\\W*(?:${[
    `there(?: is|['’]s| are|['’]re) no ${TEXT}(?: \\w+)?(?: (?:in|on) ${PICTURE})?`,
    `there (?:is|are)(?: not|n['’]t) any ${TEXT}(?: \\w+)?(?: (?:in|on) ${PICTURE})?`,
    `${PICTURE} (?:contains|has|shows|does(?: not|n['’]t) (?:contain|have|show)) (?:no|any) ${TEXT}`,
    `no ${TEXT}(?: (?:is|was|are|were))?(?: (?:found|detected|visible|present|shown))?(?: (?:in|on) ${PICTURE})?`,
  ].join('|')})\\W*$`,
  'i',
);

/** The same in brackets, which stand for a picture without text. */
const NOTHING_IN_BRACKETS =
  /^\s*[[(](?:(?:there is )?no (?:\w+ )?text.*|empty|none|nothing|blank)[\])]\.?\s*$/i;

/** Whether a transcript says that there is no text, instead of being empty. */
export function saysNoText(text: string): boolean {
  return NO_TEXT.test(text) || NOTHING_IN_BRACKETS.test(text);
}

/** Beginnings that talk about the picture instead of what it shows, by language. */
const imageOf = {
  en: [
    /^(?:(?:this|it|here)(?: is|['’]s) )?(?:an? |the |this )?(?:close-up |colou?r |black[- ]and[- ]white )?(?:image|picture|photo|photograph|pic|snapshot) (?:is )?(?:of|(?:that |which )?(?:shows|depicts|features|captures|displays|portrays|presents|contains|illustrates)|showing|depicting|featuring|capturing|displaying|portraying)(?!\p{L})/iu,
    /^in (?:this|the) (?:image|picture|photo|photograph)(?!\p{L}| frame)/iu,
  ],
  de: [
    /^(?:(?:dies|das|hier|es) ist )?(?:eine? |das |die |dieses |diese )?(?:bild|foto|photo|fotografie|aufnahme|abbildung) (?:von|vom|eine[sr]|der|des|mit|zeigt)(?!\p{L})/iu,
    /^(?:auf|in) (?:dem|diesem|der|dieser) (?:bild|foto|photo|fotografie|aufnahme|abbildung)(?!\p{L})/iu,
  ],
  fr: [
    /^(?:c['’]est |voici )?(?:une |la |cette |l['’])?(?:image|photo|photographie) (?:d['’]|(?:de|du|des|qui|montrant|montre|représentant|représente)(?!\p{L}))/iu,
    /^(?:sur|dans) (?:cette |la |l['’])(?:image|photo|photographie)(?!\p{L})/iu,
  ],
  es: [
    /^(?:est[ao] es |es )?(?:una |la |esta )?(?:imagen|foto|fotografía) (?:de|del|que|muestra|mostrando|donde)(?!\p{L})/iu,
    /^en (?:la|esta) (?:imagen|foto|fotografía)(?!\p{L})/iu,
  ],
  it: [
    /^(?:questa è )?(?:una |la |questa |un['’]|l['’]|quest['’])?(?:immagine|foto|fotografia) (?:d['’]|dell['’]|(?:di|del|dello|della|dei|degli|delle|che|mostra|ritrae|raffigura)(?!\p{L}))/iu,
    /^(?:in questa |in quest['’]|nella |nell['’])(?:immagine|foto|fotografia)(?!\p{L})/iu,
  ],
  pt: [
    /^(?:esta é )?(?:uma |a |esta |essa )?(?:imagem|foto|fotografia) (?:de|do|da|dos|das|que|mostra|mostrando|retrata)(?!\p{L})/iu,
    /^(?:na|nesta|nessa) (?:imagem|foto|fotografia)(?!\p{L})/iu,
  ],
} as const satisfies Record<string, readonly RegExp[]>;

/** Text before the answer: a word of assent, a sentence that announces it, or a label. */
const preambles: readonly RegExp[] = [
  /^¡?(?:sure(?: thing)?|certainly|of course|absolutely|gerne|natürlich|klar|selbstverständlich|bien sûr|claro|por supuesto|certo|certamente|com certeza)(?:\s?!|[,.:] )/iu,
  /^(?:(?:okay|ok|great)[!,.] )?(?:here(?: is| are|['’]s)|below is|the following is|hier (?:ist|sind)|voici|aquí (?:está|tienes?)|ecco|aqui está)(?=[^:：\n]{0,120}(?:caption|alt|text|title|description|summary|answer|image|picture|photo|schrift|titel|beschreibung|légende|titre|pie de foto|título|didascalia|titolo|legenda|descri))[^:：\n]{0,120}[:：\n]/iu,
  /^(?:(?:okay|ok|great)[!,.] )?here you (?:go|are)[!.:]/iu,
  /^(?:以下|こちら)[^:：。\n]{0,60}[:：\n]/u,
  /^(?:caption|alt(?:ernative)?(?:[- ]text)?|title|(?:(?:image|product) )?description|image|picture|photo|answer|output|bildunterschrift|alternativtext|titel|(?:bild|produkt)?beschreibung|légende|texte alternatif|titre|pie de foto|texto alternativo|título|descripción|didascalia|testo alternativo|titolo|descrizione|legenda|descrição)[^\S\n]?[:：=]/iu,
];

/** The same for a transcript, which may itself begin with almost anything. */
const transcriptPreambles: readonly RegExp[] = [
  /^(?:(?:sure|certainly|of course|okay)[!,.]\s)?(?:here(?: is| are|['’]s)|below is|the following is|hier ist|voici|aquí está|ecco|aqui está)(?: [\p{L}]+){0,3} (?:text|transcription|transcript|transkription|texte|texto|testo|transcripción|trascrizione|transcrição)(?!\p{L})[^:：\n]{0,80}[:：\n]/iu,
  /^(?:the|all) (?:visible )?text (?:in|on|from|of) (?:the|this) (?:image|picture|photo)(?!\p{L})[^:：\n]{0,40}[:：]/iu,
];

/** The text does not begin with "image of": readers know that it is an image. */
export const noImageOf: Rule = (text) => {
  const words = text.normalize('NFC').replace(/\s+/g, ' ');
  return beginning(words, Object.values(imageOf).flat());
};

export const noPreamble: Rule = (text) => beginning(text.normalize('NFC'), preambles);

export const noTranscriptPreamble: Rule = (text) =>
  beginning(text.trimStart().normalize('NFC'), transcriptPreambles);

function beginning(text: string, openings: readonly RegExp[]): string | undefined {
  for (const opening of openings) {
    const [found] = opening.exec(text) ?? [];
    if (found !== undefined) return `it begins with "${found.trim()}"`;
  }
  return undefined;
}
