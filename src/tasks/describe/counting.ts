/** Counts characters as limits usually do: in code points. */
export function countCharacters(text: string): number {
  return [...text].length;
}

/** Counts words by the rules of the language; Japanese and Thai need a dictionary for this. */
export function countWords(text: string, languageTag = 'en'): number {
  const segmenter = new Intl.Segmenter([languageTag, 'en'], { granularity: 'word' });
  let count = 0;
  for (const { isWordLike } of segmentsOf(text, segmenter)) if (isWordLike) count += 1;
  return count;
}

/** How many characters a segmenter gets at once. */
const WINDOW = 1000;

/**
 * Yields the segments of a text. In Node, each segment keeps a copy of the whole input, so that a
 * long text would take all memory. The text is therefore processed in windows; each begins with the
 * last segment of the window before, which may have been cut.
 */
function* segmentsOf(text: string, segmenter: Intl.Segmenter): Generator<Intl.SegmentData> {
  let at = 0;
  let size = WINDOW;
  while (at < text.length) {
    const isLast = at + size >= text.length;
    const segments = [...segmenter.segment(text.slice(at, at + size))];
    const cut = isLast ? undefined : segments.pop();
    yield* segments;
    // If one segment fills the whole window, look again with a larger one.
    size = segments.length === 0 ? size * 2 : WINDOW;
    at = isLast ? text.length : at + (cut?.index ?? 0);
  }
}

/**
 * Counts sentences; if in doubt, fewer. Abbreviations, initials, ordinal numbers, ellipses and the
 * ends of quoted texts do not end a sentence.
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

/**
 * Stops at another opening mark; without that, a text with many unclosed marks would take forever.
 */
const QUOTATION =
  /"[^"]*"|“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»|»[^«»]*«|‹[^‹›]*›|‘[^‘’]*’|「[^「」]*」|『[^『』]*』/g;

/** The text without its quotations. */
export function withoutQuotations(text: string): string {
  return text.replace(QUOTATION, '""');
}

/** Only a stop right before the closing mark may end the outer sentence, and not in CJK. */
function withoutStops(quotation: string): string {
  return quotation.replace(/[.!?…。！？｡](?!["”“»«›’]$)|[。！？｡]/g, ' ');
}

/** Titles, measures and dates, next to which a capital or a number does not begin a sentence. */
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

/** Whether the end of this text, stop included, does not end a sentence. */
export function endsOpen(text: string): boolean {
  return /(?:\.\.|…)$/.test(text) || ABBREVIATION.test(text);
}
