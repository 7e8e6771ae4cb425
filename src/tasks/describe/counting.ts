/** Characters as readers of a limit count them: code points. */
export function countCharacters(text: string): number {
  return [...text].length;
}

/** Words as the language parts them, which in Japanese or Thai takes a dictionary. */
export function countWords(text: string, languageTag = 'en'): number {
  const segmenter = new Intl.Segmenter([languageTag, 'en'], { granularity: 'word' });
  let count = 0;
  for (const { isWordLike } of segmentsOf(text, segmenter)) if (isWordLike) count += 1;
  return count;
}

/** Characters that are given to a segmenter at once. */
const WINDOW = 1000;

/**
 * The segments of a text. Each segment of Node's holds a copy of all that was given with it, so that
 * a long text would take all memory: it is given in windows, each from the last segment on that the
 * one before may have cut.
 */
function* segmentsOf(text: string, segmenter: Intl.Segmenter): Generator<Intl.SegmentData> {
  let at = 0;
  let size = WINDOW;
  while (at < text.length) {
    const isLast = at + size >= text.length;
    const segments = [...segmenter.segment(text.slice(at, at + size))];
    const cut = isLast ? undefined : segments.pop();
    yield* segments;
    // One segment that is longer than the window is looked at again with more of what follows.
    size = segments.length === 0 ? size * 2 : WINDOW;
    at = isLast ? text.length : at + (cut?.index ?? 0);
  }
}

/**
 * Sentences, in doubt fewer: what a picture's own words end with, abbreviations, initials, ordinal
 * numbers and ellipses end none.
 */
export function countSentences(text: string): number {
  const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
  const calm = text.replace(QUOTATION, withoutStops).replace(/\s+/g, ' ');
  let count = 0;
  let goesOn = false;
  for (const { segment } of segmentsOf(calm, segmenter)) {
    if (!/[\p{L}\p{N}]/u.test(segment)) continue;
    if (count === 0 || !(goesOn || /^\p{Ll}/u.test(segment))) count += 1;
    goesOn = endsOpen(segment.trimEnd());
  }
  return count;
}

/** An opening mark in between ends the search, which else would take forever where none is closed. */
const QUOTATION =
  /"[^"]*"|“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»|»[^«»]*«|‹[^‹›]*›|‘[^‘’]*’|「[^「」]*」|『[^『』]*』/g;

/** Without what it quotes. */
export function withoutQuotations(text: string): string {
  return text.replace(QUOTATION, '""');
}

/** Only a stop right before the closing mark may end the sentence around it, and not in CJK. */
function withoutStops(quotation: string): string {
  return quotation.replace(/[.!?…。！？｡](?!["”“»«›’]$)|[。！？｡]/g, ' ');
}

/** Titles, measures and dates before which or after which a capital or a number comes. */
const ABBREVIATION = new RegExp(
  `(?:^|[^\\p{L}\\p{N}])(?:\\p{L}|\\d{1,2}|${[
    'St|Sta|Sto|Ste|Mt|Ft|Pt|Dr|Mr|Mrs|Ms|Mx|Prof|Rev|Hon|Gov|Sen|Rep|Gen|Col|Capt|Lt|Sgt|Jr|Sr',
    'No|Nos|Nr|Nro|Vol|Fig|pp|Ch|Ed|Art|Abs|Ave|Av|Blvd|Rd|Ln|Sq|Bldg|Apt|Dept|Univ|Str',
    'Inc|Ltd|Co|Corp|Bros|Assn|etc|vs|approx|ca|cf|est|al|incl|max|min|tel',
    'Jan|Feb|Apr|Aug|Sept?|Oct|Okt|Nov|Dec|Dez',
    'Hl|Hr|Fr|bzw|usw|evtl|ggf|Jh|Mio|Mme|Mlle|Me|Sra|Srta|Dra|Sig|Dott|Núm|Nº|Gral',
  ].join('|')})\\.$`,
  'iu',
);

/** Whether what ends here, stop included, is no end of a sentence. */
export function endsOpen(text: string): boolean {
  return /(?:\.\.|…)$/.test(text) || ABBREVIATION.test(text);
}
