// The arguments with which exiftool writes fields.
import type { IptcEncoding } from '../embedded/iptc.js';
import { type Field, OLDER_FIELDS } from './fields.js';
import type { FieldChange } from './metadata-file.js';

/**
 * The arguments to write a changed copy of a picture.
 *
 * @param encoding of the texts of IPTC that are there; undefined if there are none.
 */
export function writeArguments(
  changes: readonly FieldChange[],
  encoding: IptcEncoding | undefined,
  from: string,
  to: string,
): string[] {
  const iptc = changes.filter(({ field }) => IPTC.has(field));
  return [
    ...['-charset', 'filename=utf8'],
    // Values are escaped as in HTML, so that each stands on one line.
    '-E',
    ...(iptc.length > 0 ? encodingArguments(iptc, encoding) : []),
    ...changes.flatMap(assignments),
    ...(iptc.length > 0 ? ['-Photoshop:IPTCDigest=new'] : []),
    ...['-o', to, from],
  ];
}

const IPTC: ReadonlySet<Field> = new Set([
  OLDER_FIELDS.objectName,
  OLDER_FIELDS.captionAbstract,
  OLDER_FIELDS.keywords,
]);

/**
 * Texts of IPTC are in UTF-8 afterwards if ours need it, and those that were there keep their letters:
 * exiftool is told how they are written, and writes all of them anew if that changes.
 */
function encodingArguments(
  changes: readonly FieldChange[],
  encoding: IptcEncoding = 'plain',
): string[] {
  const texts = changes.flatMap(({ value }) => value ?? []).join('');
  const isPlain = [...texts].every((character) => character < '\x80');
  const toUtf8 = '-IPTC:CodedCharacterSet=UTF8';
  switch (encoding) {
    case 'utf8':
    case 'other':
      return [];
    case 'plain':
      return isPlain ? [] : [toUtf8];
    case 'unsaid':
      return isPlain ? [] : ['-charset', 'iptc=UTF8', toUtf8];
    case 'latin': {
      if (isPlain) return [];
      const others = ['-IPTC:all', ...changes.map(({ field }) => `--${field.name}`)];
      return ['-charset', 'iptc=Latin', '-tagsFromFile', '@', ...others, toUtf8];
    }
  }
}

function assignments({ field, value }: FieldChange): string[] {
  const name = tagOf(field);
  // A description of EXIF that was there and empty stays there.
  if (field === OLDER_FIELDS.imageDescription && value === null) return [`-${name}^=`];
  if (value === null || value.length === 0) return [`-${name}=`];
  return [value].flat().map((one) => `-${name}=${escaped(one)}`);
}

/** Without a language, exiftool would remove the text in all others. */
function tagOf({ name, kind, language }: Field): string {
  return kind === 'lang' && !name.endsWith(`-${language}`) ? `${name}-${language}` : name;
}

/** Blanks at the beginning would be taken for none. */
function escaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/[\r\n]|^\s/g, (character) => `&#${character.charCodeAt(0)};`);
}
