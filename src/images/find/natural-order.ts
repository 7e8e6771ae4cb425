/**
 * Compares names as people count: img2 before img10. Independent of locale; digits are numbers of
 * any length, everything else goes by UTF-16 code unit. A total order: only equal names give 0.
 */
export function compareNames(a: string, b: string): number {
  let i = commonStart(a, b);
  let j = i;
  while (i < a.length && j < b.length) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(j);
    if (isDigit(x) && isDigit(y)) {
      const endA = endOfDigits(a, i);
      const endB = endOfDigits(b, j);
      const difference = compareNumbers(a, i, endA, b, j, endB);
      if (difference !== 0) return difference;
      i = endA;
      j = endB;
    } else if (x !== y) {
      return x - y;
    } else {
      i += 1;
      j += 1;
    }
  }
  const rest = a.length - i - (b.length - j);
  if (rest !== 0) return rest;
  // 01 and 1 are told apart only where nothing else does.
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** How far two names are the same, up to the number in which they differ. */
function commonStart(a: string, b: string): number {
  let end = 0;
  while (end < a.length && a.charCodeAt(end) === b.charCodeAt(end)) end += 1;
  while (end > 0 && isDigit(a.charCodeAt(end - 1))) end -= 1;
  return end;
}

/** Compares two runs of digits by their value. */
function compareNumbers(
  a: string,
  startA: number,
  endA: number,
  b: string,
  startB: number,
  endB: number,
): number {
  let i = startA;
  let j = startB;
  while (i < endA && a.charCodeAt(i) === ZERO) i += 1;
  while (j < endB && b.charCodeAt(j) === ZERO) j += 1;
  const length = endA - i - (endB - j);
  if (length !== 0) return length;
  for (; i < endA; i += 1, j += 1) {
    const difference = a.charCodeAt(i) - b.charCodeAt(j);
    if (difference !== 0) return difference;
  }
  return 0;
}

function endOfDigits(text: string, start: number): number {
  let end = start;
  while (isDigit(text.charCodeAt(end))) end += 1;
  return end;
}

const ZERO = 0x30;

function isDigit(unit: number): boolean {
  return unit >= ZERO && unit <= 0x39;
}
