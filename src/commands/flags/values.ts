import { type Command, InvalidArgumentError, Option } from 'commander';
import { KNOWN_KINDS, type KnownKind } from '../../domain/known.js';
import { BACKGROUND_WORDS, type Background, parseBackground } from '../../domain/picture.js';
import type { Shard } from '../../domain/shard.js';

/** Flags for messages, which every command has. */
export interface TalkFlags {
  quiet?: boolean;
  debug?: boolean;
  /** False for `--no-color`. */
  color?: boolean;
  /** Only of commands that run for long. */
  progress?: ProgressKind;
}

/** How progress is shown: `auto` is a line on a terminal, and plain lines elsewhere. */
const PROGRESS_KINDS = ['auto', 'line', 'plain', 'off'] as const;
export type ProgressKind = (typeof PROGRESS_KINDS)[number];

/**
 * What the value of a flag may be in a file of settings: a part of JSON Schema. The parsers below have
 * it in `inJson`; a flag whose parser says nothing takes a text.
 */
export interface JsonShape {
  type?: 'string' | 'integer' | 'number' | 'boolean' | readonly string[];
  enum?: readonly string[];
  items?: { type: 'string' };
  minLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
}

type Parser<Value> = ((value: string) => Value) & { inJson: JsonShape };

const A_TEXT_OR_LIST: JsonShape = { type: ['string', 'array'], items: { type: 'string' } };

/** The `--progress` flag. */
export function progressOption(): Option {
  return new Option(
    '--progress <kind>',
    'line: redrawn; plain: a line a minute, also for screen readers; off; auto (default): by the terminal',
  ).choices(PROGRESS_KINDS);
}

/** Adds the flags for messages. */
export function addTalkFlags(command: Command): Command {
  return command
    .option('-q, --quiet', 'only errors: no warnings, no notes while waiting')
    .option(
      '--debug',
      'show where an error comes from, and each retry (a terminal does for one picture)',
    )
    .option('--no-color', 'no colours (also: NO_COLOR)');
}

/** Makes a parser of whole numbers for a flag. */
export function wholeNumber(min: number, max: number): Parser<number> {
  const parse = (value: string) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };
  const inJson = { type: 'integer', minimum: min, maximum: max } as const;
  return Object.assign(parse, { inJson });
}

/** Parses what a transparent picture is laid on. */
export function background(value: string): Background {
  const parsed = parseBackground(value);
  if (parsed !== undefined) return parsed;
  throw new InvalidArgumentError(`Give ${BACKGROUND_WORDS}.`);
}

/** Parses a duration in seconds, fractions allowed; at most a day, since longer timers overflow. */
export function seconds(value: string): number {
  const number = Number(value);
  if (value.trim() !== '' && number > 0 && number <= 86_400) return number;
  throw new InvalidArgumentError('Give seconds, more than 0 and at most 86400.');
}
seconds.inJson = { type: 'number', exclusiveMinimum: 0, maximum: 86_400 } satisfies JsonShape;

/** Milliseconds by unit. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** Parses a span of time with its unit, such as `90m` or `6h`, to milliseconds. */
export function span(value: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([a-z]+)$/.exec(value.trim()) ?? [];
  const ms = Number(number) * (UNITS.get(unit) ?? Number.NaN);
  if (ms > 0 && ms <= 30 * 86_400_000) return ms;
  throw new InvalidArgumentError('Give a time with its unit, such as 90s, 45m, 6h or 2d.');
}

/** Parses a time of day of the next 24 hours, or a span from now, to milliseconds since 1970. */
export function pointInTime(value: string): number {
  const now = new Date();
  const [, hours, minutes] = /^(\d{1,2}):(\d\d)$/.exec(value.trim()) ?? [];
  if (hours !== undefined && Number(hours) < 24 && Number(minutes) < 60) {
    const time = new Date(now).setHours(Number(hours), Number(minutes), 0, 0);
    return time > +now ? time : new Date(time).setDate(new Date(time).getDate() + 1);
  }
  if (/^\+/.test(value)) return +now + span(value.slice(1));
  throw new InvalidArgumentError('Give a time such as 07:00, or from now on such as +6h.');
}

/** Parses an amount of money in US dollars. */
export function dollars(value: string): number {
  const number = Number(value.replace(/^\$/, ''));
  if (value.trim() !== '' && number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError('Give US dollars, more than 0, such as 0.50.');
}
dollars.inJson = { type: 'number', exclusiveMinimum: 0 } satisfies JsonShape;

/** A limit that no real number of machines reaches. */
export const MOST_SHARDS = 100_000;

/** Parses a share of the pictures: `2/8`, or `auto`. */
export function share(value: string): Shard | 'auto' {
  if (value === 'auto') return value;
  const [, number = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(value) ?? []).map(Number);
  if (number >= 1 && number <= count && count <= MOST_SHARDS) return { number, count };
  throw new InvalidArgumentError(
    'Give the number of the share and how many there are, from 1/8 to 8/8 for eight; or auto.',
  );
}

/** A limit that no real number of pictures, requests or tokens reaches. */
export const MOST = 1_000_000_000;

/** Makes a parser of numbers, fractions allowed, for a flag. */
export function decimal(min: number, max: number): Parser<number> {
  const parse = (value: string) => {
    const number = Number(value);
    if (value.trim() !== '' && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`Give a number from ${min} to ${max}.`);
  };
  return Object.assign(parse, { inJson: { type: 'number', minimum: min, maximum: max } as const });
}

/** Parses the sign between the cells of a CSV. */
export function delimiterSign(value: string): string {
  if (value.length === 1 && !/["'\r\n\t\w]/.test(value)) return value;
  throw new InvalidArgumentError(
    'Give one sign, such as ";" or "|"; for tabs, use the format tsv.',
  );
}

/** Collects the values of a flag that may be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
collect.inJson = A_TEXT_OR_LIST;

/** Parses kinds of facts, one or several with commas between them; the flag may be repeated. */
export function knownKinds(value: string, before: readonly KnownKind[] = []): readonly KnownKind[] {
  const names = value.split(',').map((name) => name.trim());
  const kinds = KNOWN_KINDS.filter((kind) => names.includes(kind));
  if (names.some((name) => !kinds.some((kind) => kind === name))) {
    throw new InvalidArgumentError(`Give some of ${KNOWN_KINDS.join(', ')}, with commas between.`);
  }
  return [...before, ...kinds];
}
knownKinds.inJson = A_TEXT_OR_LIST;

/**
 * Adds the flags for files of settings. They mark a command that takes its flags from such files too:
 * it must not copy its flags before its work begins.
 */
export function addFileFlags(command: Command): Command {
  return command
    .option(
      '--preset <names>',
      'take the flags that gemini-image.json has under this name; several: web,fast',
      collect,
    )
    .option('--no-config', 'read no gemini-image.json, neither here nor in your config folder');
}
