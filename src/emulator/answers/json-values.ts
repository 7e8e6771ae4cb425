// Single values of a JSON answer: each fits its schema and comes from what was measured.

import type { AnswerSchema } from '../messages/answer-schema.js';
import type { Picture } from '../pictures/picture.js';
import type { Region } from '../pictures/regions.js';
import type { ScriptedClaim } from './claims.js';
import { type RequestedStyle, requestedStyleOf, within } from './requested-style.js';
import { describePictures, MARK, type ShownPicture } from './sentences.js';

/** The place of a value in the answer, and what the value is about. */
export interface Place {
  /** The name of the property; in an array, of the property that holds the array. */
  readonly name: string;
  /** The index in the nearest array around it, from 0. */
  readonly index?: number;
  readonly shown: readonly ShownPicture[];
  readonly promptLength: number;
  readonly requested: RequestedStyle;
  /** Whether it is an entry of a list itself, and not inside one. */
  readonly isEntry?: boolean;
  /** Without a picture: the texts in quotes in the prompt, in lower case. */
  readonly quoted?: readonly string[];
  readonly claim?: ScriptedClaim;
  readonly region?: Region;
}

/** How many of the choices were measured. */
export function countKnown(choices: readonly unknown[], place: Place): number {
  return knownAmong(choices, place).length;
}

/** The choices that were measured, the main ones first. */
function knownAmong(choices: readonly unknown[], place: Place): readonly unknown[] {
  const words = [
    ...(place.region === undefined ? [] : [place.region.colour]),
    ...(place.shown.length === 0 ? (place.quoted ?? []) : []),
    ...wordsOf(pictureOf(place)),
  ];
  return words.flatMap((word) =>
    choices.filter((choice) => typeof choice === 'string' && choice.toLowerCase() === word),
  );
}

/** One of the choices: the one that was measured, else one picked by the measurements. */
export function choose(choices: readonly unknown[], place: Place): unknown {
  if (place.name === 'verdict' && place.claim !== undefined) {
    const { verdict } = place.claim;
    if (choices.includes(verdict)) return verdict;
  }
  const known = knownAmong(choices, place);
  const index = place.index ?? 0;
  const measure = numbersOf(pictureOf(place)).reduce((sum, number) => sum * 31 + number, 0);
  const start = measure % choices.length;
  if (!place.isEntry) return known[0] ?? choices[(start + index) % choices.length];
  // The entries of a list differ, as long as there are choices.
  const others = choices.map((_, at) => choices[(start + at) % choices.length]);
  const different = [...new Set([...known, ...others])];
  return different[index % different.length];
}

/** A text that begins with `[offline]`, unless the format forbids it. */
export function textFor(schema: AnswerSchema, place: Place): string {
  const index = place.index ?? 0;
  return formatted(schema.format, index) ?? withLength(freeText(schema, place), schema);
}

/** Item `index` of a list of plain strings: the mark, then different words in lower case. */
export function tagFor(schema: AnswerSchema, place: Place, index: number): string {
  const tag = index === 0 ? MARK : (tagsFor(place)[index - 1] ?? `word ${index}`);
  return formatted(schema.format, index) ?? withLength(tag, schema);
}

/** All the words of such a list after its mark. */
export function tagsFor(place: Place): string[] {
  const colours = coloursOf(pictureOf(place)).map(({ name }) => name);
  if (colours.length > 0 && /colou?r/i.test(place.name)) return colours;
  return wordsOf(pictureOf(place));
}

/** An integer in the bounds. */
export function integerFor(schema: AnswerSchema, place: Place): number {
  const [least, most] = [Math.ceil(leastOf(schema)), Math.floor(mostOf(schema))];
  const isClaim = place.name === 'claim' && place.claim !== undefined;
  const numbers = isClaim ? [place.claim.id] : measuresFor(place);
  const fitting = numbers.find((number) => number >= least && number <= most);
  if (fitting !== undefined) return fitting;
  const [number = 0] = numbers;
  const span = most - least + 1;
  if (Number.isSafeInteger(span) && Number.isSafeInteger(least) && span > 0) {
    return least + (number % span);
  }
  return clamp(number, least, most);
}

/** A number in the bounds; a share if the bounds are 0 and 1 or similar. */
export function numberFor(schema: AnswerSchema, place: Place): number {
  const [least, most] = [leastOf(schema), mostOf(schema)];
  const colours = coloursOf(pictureOf(place));
  const share = colours[(place.index ?? 0) % Math.max(colours.length, 1)]?.share ?? 0;
  const rounded = Math.round(share * 1000) / 1000;
  const isShare = (least === 0 && most === 1) || /share|ratio|confidence/i.test(place.name);
  const numbers = isShare ? [rounded] : measuresFor(place);
  const fitting = numbers.find((number) => number >= least && number <= most);
  return fitting ?? clamp(least + (most - least) * rounded, least, most);
}

/** Whether the picture is what the name says, or lies on its side. */
export function booleanFor({ name, ...place }: Place): boolean {
  const picture = pictureOf({ name, ...place });
  const facts = [picture?.shape, picture?.colours.kind];
  const asked = ['landscape', 'portrait', 'square', 'flat', 'transparent'].find((word) =>
    name.toLowerCase().includes(word),
  );
  // Nobody misses a picture in which nothing can be seen.
  const fact = /decorative/i.test(name) ? 'transparent' : (asked ?? 'landscape');
  return facts.some((one) => one === fact);
}

function measuresFor(place: Place): number[] {
  const picture = pictureOf(place);
  const numbers = numbersOf(picture);
  if (/width/i.test(place.name)) return [picture?.width ?? 0, ...numbers];
  if (/height/i.test(place.name)) return [picture?.height ?? 0, ...numbers];
  if (/count|pictures|images/i.test(place.name)) return [place.shown.length, ...numbers];
  const start = (place.index ?? 0) % numbers.length;
  return [...numbers.slice(start), ...numbers.slice(0, start)];
}

function freeText(schema: AnswerSchema, place: Place): string {
  const { name, index, shown, promptLength, requested, claim, region } = place;
  if (claim !== undefined && name === 'evidence') return claim.evidence;
  if (region !== undefined && name === 'label') return `${MARK} ${region.colour} region`;
  const { title = '', description = '', maxLength = Number.POSITIVE_INFINITY } = schema;
  const asked = requestedStyleOf([wordsIn(name), title, description]);
  const style = asked.style === 'sentence' ? requested.style : asked.style;
  const own = { ...asked, style, mostCharacters: Math.min(asked.mostCharacters, maxLength) };
  if (index !== undefined && shown.length < 2) {
    return `${MARK} ${wordsOf(pictureOf(place))[index] ?? `part ${index + 1}`}`;
  }
  const told = index === undefined ? shown : shown.slice(index, index + 1);
  return describePictures(told, promptLength, within(requested, own));
}

/** The picture that a value is about; if there are several, each item is about one. */
function pictureOf({ shown, index = 0 }: Place) {
  return shown.length < 2 ? shown[0]?.picture : shown[index % shown.length]?.picture;
}

/** Names of fields that ask for a style, in the words of a prompt. */
const ASKING_NAMES: ReadonlyMap<string, string> = new Map([
  ['alt', 'alt text'],
  ['description', 'in detail'],
]);

/** The words of a name: `altText` becomes `alt text`. */
function wordsIn(name: string): string {
  const words = name.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[_-]+/g, ' ');
  return ASKING_NAMES.get(words.toLowerCase()) ?? words;
}

function withLength(text: string, { minLength = 0, maxLength }: AnswerSchema): string {
  return text.padEnd(minLength, ' .').slice(0, maxLength);
}

function leastOf({ minimum, maximum }: AnswerSchema): number {
  return minimum ?? (maximum === undefined ? 0 : Math.min(0, maximum));
}

function mostOf({ minimum, maximum }: AnswerSchema): number {
  return maximum ?? Math.max(Number.MAX_SAFE_INTEGER, minimum ?? 0);
}

function clamp(value: number, least: number, most: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(value, least), most) : least;
}

/** The main colours of a picture by name, the largest share first. */
export function coloursOf(picture: Picture | undefined): { name: string; share: number }[] {
  if (picture === undefined) return [];
  const { colours } = picture;
  if (colours.kind === 'unseen') return [];
  if (colours.kind === 'transparent') return [{ name: 'transparent', share: 1 }];
  if (colours.kind === 'flat') return [{ name: colours.name, share: 1 }];
  return [...colours.colours];
}

/** Different words for what was measured, in lower case, the main ones first. */
function wordsOf(picture: Picture | undefined): string[] {
  if (picture === undefined) return ['text', 'prompt', 'words', 'letters', 'no picture'];
  const { format, width, height, shape, colours } = picture;
  const words = [
    format.toLowerCase(),
    shape,
    ...coloursOf(picture).map(({ name }) => name),
    sizeWord(width * height),
    ...(picture.pages === undefined
      ? [colours.kind === 'mixed' ? 'coloured' : 'plain', 'picture', 'pixels']
      : ['document', 'pages', `${picture.pages} long`]),
    `${width} wide`,
    `${height} high`,
  ];
  return [...new Set(words)];
}

/** Measured numbers that a field may mean, the main ones first; only 0 without a picture. */
function numbersOf(picture: Picture | undefined): number[] {
  if (picture === undefined) return [0];
  const colours = coloursOf(picture);
  const percents = colours.map(({ share }) => Math.round(share * 100));
  return [picture.width, picture.height, ...percents, colours.length];
}

function sizeWord(pixels: number): string {
  if (pixels < 10_000) return 'tiny';
  if (pixels < 1_000_000) return 'small';
  return pixels < 10_000_000 ? 'medium' : 'large';
}

/** Strings for a `format`: valid, and clearly nobody's real data. `number` counts from 0. */
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

/** Undefined for a format that is not known or does not restrict the characters. */
function formatted(format: string | undefined, number: number): string | undefined {
  return format === undefined ? undefined : FORMATS.get(format)?.(number);
}

function dateOf(number: number): string {
  return `2026-01-${twoDigits((number % 28) + 1)}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
