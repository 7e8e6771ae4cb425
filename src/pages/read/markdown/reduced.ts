/** A page without the parts that hold no image, and where what is left stands in the page. */
export interface Reduced {
  readonly text: string;
  /** The place in the page of a place in the text. */
  originalOf(offset: number): number;
}

/** What stands in place of the parts that are left out: a paragraph, which ends lists and quotations. */
export const LEFT_OUT = '\uE0F1';

/** What decides where parts of a page end; what is doubtful is kept, and so is what follows it. */
interface Language {
  /**
   * What may be an image, be part of one, or decide what later lines are: images, tags and comments,
   * definitions, fences.
   */
  readonly kept: RegExp;
  /** Whether a part may go on behind a blank line. */
  runsOn(part: string): boolean;
  /** Whether the end of a part may hold what looks like the beginning of a block of code. */
  coversFence(part: string): boolean;
  /** What may stand before the end of a block of code. */
  readonly indent: string;
}

/** HTML that blank lines do not end; and a fence, which may be inside of a list. */
const RUNS_ON = /<(?:script|style|pre|textarea|\?|![a-z[])|```|~~~/i;
const COMMENT = /<!--(?!-?>)[\s\S]*?-->/g;
const MAY_RUN_ON = /<|```|~~~/;

const markdown: Language = {
  kept: /!\[|<[a-z/!?]|\]:|```|~~~/i,
  runsOn(part) {
    if (!MAY_RUN_ON.test(part)) return false;
    const rest = part.replace(COMMENT, '');
    return rest.includes('<!--') || RUNS_ON.test(rest);
  },
  coversFence: (part) => MAY_RUN_ON.test(part),
  indent: ' {0,3}',
};

const TAG = /<\/?[A-Za-z][^<>]*>|<\/?>/g;
const BRACE_IN_TEXT = /(['"`])[^'"`\n]*[{}][^'"`\n]*\1/;
const ENDS_BLANK = /\n[ \t]*\r?\n$/;
const SCRIPT = /^(?:import|export)\b/;

/** Tags, expressions and scripts may hold blank lines, and end where JavaScript says. */
const mdx: Language = {
  kept: /!\[|[<{}]|\]:|```|~~~|^(?:import|export)\b/m,
  runsOn(part) {
    const isScript = SCRIPT.test(part);
    if (!isScript && !/[<{}]|```|~~~/.test(part)) return false;
    if (/```|~~~|\/\*(?![^*]*\*\/)/.test(part) || BRACE_IN_TEXT.test(part)) return true;
    const isOdd = (mark: RegExp) => (part.match(mark) ?? []).length % 2 === 1;
    if (countOf(part, '{') !== countOf(part, '}') || (isScript && isOdd(/`/g))) return true;
    if (isScript && countOf(part, '(') !== countOf(part, ')')) return true;
    if (isScript && countOf(part, '[') !== countOf(part, ']')) return true;
    return /<[A-Za-z/>]/.test(part.replaceAll('=>', '').replace(TAG, ''));
  },
  // A script ends at a blank line.
  coversFence: (part) => mdx.runsOn(part) || (SCRIPT.test(part) && !ENDS_BLANK.test(part)),
  indent: '[ \\t]*',
};

function countOf(text: string, mark: string): number {
  return text.split(mark).length - 1;
}

const FENCE = /^(?:`{3,}(?=[^`]*$)|~{3,})/;
/** Also inside of lists and quotations. */
const HEADING = /^[ \t>*+\d.)-]*#{1,6}(?:[ \t]|\r?$)|^[ \t>*+\d.)-]*(?:=+|-+)[ \t]*\r?$/m;
const BLANK_LINE = /^[ \t]*\r?$/;

/** Lines that begin in the first column after a blank line, with all that follows up to the next such line. */
interface Part extends Kinds {
  readonly start: number;
  readonly end: number;
}

interface Kinds {
  readonly isKept: boolean;
  readonly isHeading: boolean;
}

/**
 * Leaves out what holds no image, since a reader of Markdown takes most of the time of a check. A line in
 * the first column after a blank line ends all lists and quotations, so that each part can be read
 * without those before it; only fences and some HTML run on, and behind such HTML nothing is left out.
 *
 * @param keepsContext whether headings, and what stands beside images, are kept too.
 */
export function reduced(
  text: string,
  { keepsContext, isMdx }: { keepsContext: boolean; isMdx: boolean },
): Reduced {
  // Lines may also end in a way that only the reader of Markdown tells.
  if (/\r(?!\n)/.test(text)) return { text, originalOf: (offset) => offset };
  const parts = partsOf(text, isMdx ? mdx : markdown);
  let result = '';
  const starts: number[] = [];
  const originals: number[] = [];
  const isMeant = (at: number) => {
    if (parts[at]?.isKept) return true;
    if (!keepsContext) return false;
    return parts[at]?.isHeading || parts[at - 1]?.isKept || parts[at + 1]?.isKept;
  };
  let isLeftOut = false;
  for (const [at, { start, end }] of parts.entries()) {
    if (!isMeant(at)) {
      if (!isLeftOut) result += `\n${LEFT_OUT}\n\n`;
      isLeftOut = true;
      continue;
    }
    isLeftOut = false;
    starts.push(result.length);
    originals.push(start);
    result += text.slice(start, end);
  }
  return {
    text: result,
    originalOf(offset) {
      const at = starts.findLastIndex((start) => start <= offset);
      return offset - (starts[at] ?? 0) + (originals[at] ?? 0);
    },
  };
}

function partsOf(text: string, language: Language): Part[] {
  const parts: Part[] = [];
  let from = 0;
  let at = 0;
  let isAfterBlank = true;
  const end = (until: number) => {
    if (until > from)
      parts.push({ start: from, end: until, ...kindsOf(text.slice(from, until), language) });
    from = until;
  };
  while (at < text.length) {
    const next = text.indexOf('\n', at);
    const lineEnd = next === -1 ? text.length : next + 1;
    const line = text.slice(at, next === -1 ? text.length : next);
    const [fence] = FENCE.exec(line) ?? [];
    if (fence !== undefined && !language.coversFence(text.slice(from, at))) {
      // In the first column, it ends whatever stands before it.
      end(at);
      at = endOfFence(text, lineEnd, fence, language);
      parts.push({ start: from, end: at, isKept: false, isHeading: false });
      from = at;
      isAfterBlank = true;
      continue;
    }
    const isBlank = BLANK_LINE.test(line);
    if (isAfterBlank && !isBlank && !/^[ \t]/.test(line)) end(at);
    at = lineEnd;
    isAfterBlank = isBlank;
    if (isBlank && language.runsOn(text.slice(from, at))) break;
  }
  end(at < text.length ? text.length : at);
  return parts;
}

function kindsOf(part: string, { kept }: Language): Kinds {
  return { isKept: kept.test(part), isHeading: HEADING.test(part) };
}

/** Where a block of code ends that began before a place, with the line of its end. */
function endOfFence(text: string, from: number, fence: string, { indent }: Language): number {
  const end = new RegExp(`^${indent}\\${fence[0] ?? ''}{${fence.length},}[ \\t]*\\r?$`, 'gm');
  end.lastIndex = from;
  const closing = end.exec(text);
  if (!closing) return text.length;
  const next = text.indexOf('\n', closing.index + closing[0].length);
  return next === -1 ? text.length : next + 1;
}
