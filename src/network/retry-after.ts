/**
 * Reads a Retry-After header: whole seconds or a date (RFC 9110, section 10.2.3).
 *
 * @param now the present, in milliseconds since 1970.
 * @returns milliseconds; undefined where it is no such header, or asks for no wait.
 */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const seconds = /^\s*(\d+)s?\s*$/.exec(value)?.[1];
  const ms = seconds === undefined ? Date.parse(value) - now : Number(seconds) * 1000;
  return ms > 0 ? ms : undefined;
}
