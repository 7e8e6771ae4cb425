/**
 * A value as one line of JSON Lines, with its line end. U+0085, U+2028 and U+2029, which some readers
 * take for line ends and `JSON.stringify` leaves as they are, are escaped.
 */
export function jsonLine(value: unknown): string {
  const line = JSON.stringify(value).replace(
    /[\x85\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${line}\n`;
}

/** Whether a value that was JSON is an object with names, and no array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
