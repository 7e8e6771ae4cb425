/** Strings that a `format` asks for: valid, and plainly of no one. `number` counts from 0. */
const FORMATS: ReadonlyMap<string, (number: number) => string> = new Map([
  ['date-time', (number) => `${dateOf(number)}T12:00:00Z`],
  ['iso-date-time', (number) => `${dateOf(number)}T12:00:00Z`],
  ['date', dateOf],
  ['time', (number) => `12:${twoDigits(number % 60)}:00Z`],
  ['iso-time', (number) => `12:${twoDigits(number % 60)}:00Z`],
  ['duration', (number) => `PT${number + 1}S`],
  ['email', (number) => `offline-${number + 1}@example.com`],
  ['idn-email', (number) => `offline-${number + 1}@example.com`],
  ['hostname', (number) => `offline-${number + 1}.example.com`],
  ['idn-hostname', (number) => `offline-${number + 1}.example.com`],
  // Addresses of the blocks for documentation (RFC 5737 and RFC 3849).
  ['ipv4', (number) => `192.0.2.${(number % 254) + 1}`],
  ['ipv6', (number) => `2001:db8::${((number % 65_535) + 1).toString(16)}`],
  ['uri', (number) => `https://example.com/offline/${number + 1}`],
  ['url', (number) => `https://example.com/offline/${number + 1}`],
  ['iri', (number) => `https://example.com/offline/${number + 1}`],
  ['uri-reference', (number) => `/offline/${number + 1}`],
  ['iri-reference', (number) => `/offline/${number + 1}`],
  ['uri-template', (number) => `https://example.com/offline/${number + 1}/{name}`],
  ['uuid', (number) => `00000000-0000-4000-8000-${String(number + 1).padStart(12, '0')}`],
  ['json-pointer', (number) => `/offline/${number + 1}`],
  ['json-pointer-uri-fragment', (number) => `#/offline/${number + 1}`],
  ['relative-json-pointer', (number) => `0/offline/${number + 1}`],
  ['regex', (number) => `offline ${number + 1}`],
  ['byte', () => 'b2ZmbGluZSE='],
]);

/** Undefined for a format that asks nothing of the characters, or is not known. */
export function formatted(format: string | undefined, number: number): string | undefined {
  return format === undefined ? undefined : FORMATS.get(format)?.(number);
}

function dateOf(number: number): string {
  return `2026-01-${twoDigits((number % 28) + 1)}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
