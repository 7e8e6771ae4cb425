// The style and length that a prompt asks for, found by a few words in it.

export type Style = 'sentence' | 'alt' | 'title' | 'transcript' | 'detailed';

export interface RequestedStyle {
  readonly style: Style;
  readonly mostWords: number;
  /** In UTF-16 units, which are never fewer than the characters that people count. */
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
 * The first style that the first of the texts names counts; what comes later is context, or is about
 * an earlier answer. The strictest limits of all texts hold.
 */
export function requestedStyleOf(texts: readonly string[]): RequestedStyle {
  const style = texts.map(styleIn).find((found) => found !== undefined) ?? 'sentence';
  const mostCharacters = leastLimit(texts, 'characters?');
  return {
    style,
    mostWords: leastLimit(texts, 'words?'),
    mostCharacters: style === 'alt' ? Math.min(mostCharacters, MOST_IN_ALT) : mostCharacters,
  };
}

/** The style of a part of the answer; the limits of the whole answer hold for it too. */
export function within(whole: RequestedStyle, part: RequestedStyle): RequestedStyle {
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

/** A text may be long; no prompt names more limits than this. */
const MOST_LIMITS = 1000;
