/** What a prompt asks of the answer's form, found by a few words in it. */

export type Style = 'sentence' | 'alt' | 'title' | 'transcript' | 'detailed';

export interface Wish {
  readonly style: Style;
  readonly mostWords: number;
  /** UTF-16 units: never fewer than what people count. */
  readonly mostCharacters: number;
}

const SIGNS = {
  alt: /\balt[- ]text\b/i,
  title: /\btitle\b/i,
  transcript: /\btranscribe\b/i,
  detailed: /\bin detail\b/i,
  sentence: /\b(?:caption|product|training)\b/i,
} as const satisfies Record<Style, RegExp>;

const STYLES: readonly Style[] = ['alt', 'title', 'transcript', 'detailed', 'sentence'];

const MOST_IN_ALT = 125;

/**
 * The first text that names a style decides, by what it names first: what comes later is context, or
 * talk about an earlier answer. The strictest limits of all texts hold.
 */
export function wishOf(texts: readonly string[]): Wish {
  const style = texts.map(styleIn).find((found) => found !== undefined) ?? 'sentence';
  const mostCharacters = leastLimit(texts, 'characters?');
  return {
    style,
    mostWords: leastLimit(texts, 'words?'),
    mostCharacters: style === 'alt' ? Math.min(mostCharacters, MOST_IN_ALT) : mostCharacters,
  };
}

/** The wish of a part of the answer; the limits of the whole hold for it, too. */
export function within(whole: Wish, part: Wish): Wish {
  return {
    style: part.style,
    mostWords: Math.min(whole.mostWords, part.mostWords),
    mostCharacters: Math.min(whole.mostCharacters, part.mostCharacters),
  };
}

function styleIn(text: string): Style | undefined {
  const [first] = STYLES.map((style) => ({ style, at: text.search(SIGNS[style]) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
  return first?.style;
}

function leastLimit(texts: readonly string[], unit: string): number {
  const limits = texts.flatMap((text) => [
    ...text.matchAll(new RegExp(`\\bat most (\\d+(?:,\\d{3})*) ${unit}\\b`, 'gi')),
  ]);
  return Math.min(
    Number.POSITIVE_INFINITY,
    ...limits.slice(0, MOST_LIMITS).map(([, count = '']) => Number(count.replaceAll(',', ''))),
  );
}

/** A text may be long; what is beyond is no prompt. */
const MOST_LIMITS = 1000;
