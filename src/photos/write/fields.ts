// The fields of XMP by the names that exiftool gives them, and which answer goes into which.
import { usageError } from '../../domain/error.js';
import { NAMESPACES, type Prefix } from '../xmp/namespaces.js';
import { ANY_LANGUAGE, type PropertyKind, type PropertyName } from '../xmp/packet.js';

/** A field of a picture's metadata. */
export interface Field {
  /** Such as `XMP-dc:Title`, or `XMP-dc:Title-de` for one language of it. */
  readonly name: string;
  /** Undefined for a field of IPTC or EXIF. */
  readonly property: PropertyName | undefined;
  /** How it is stored; undefined if the value decides. */
  readonly kind: PropertyKind | undefined;
  /** Of a text with languages. */
  readonly language: string;
}

/** The groups of exiftool, the prefix that each stands for, and how its names are written in XMP. */
const GROUPS: Readonly<Record<string, { prefix: Prefix; isLower?: true }>> = {
  dc: { prefix: 'dc', isLower: true },
  xmp: { prefix: 'xmp' },
  xmpRights: { prefix: 'xmpRights' },
  photoshop: { prefix: 'photoshop' },
  iptcCore: { prefix: 'Iptc4xmpCore' },
  iptcExt: { prefix: 'Iptc4xmpExt' },
  lr: { prefix: 'lr', isLower: true },
  digiKam: { prefix: 'digiKam' },
  exif: { prefix: 'exif' },
  tiff: { prefix: 'tiff' },
  acdsee: { prefix: 'acdsee', isLower: true },
  microsoft: { prefix: 'MicrosoftPhoto' },
};

/** The fields that are stored in a certain way; any other is a plain text, or an unordered list. */
const KINDS: Readonly<Record<string, PropertyKind>> = {
  'XMP-dc:Title': 'lang',
  'XMP-dc:Description': 'lang',
  'XMP-dc:Rights': 'lang',
  'XMP-dc:Subject': 'bag',
  'XMP-dc:Creator': 'seq',
  'XMP-iptcCore:AltTextAccessibility': 'lang',
  'XMP-iptcCore:ExtDescrAccessibility': 'lang',
  'XMP-xmpRights:UsageTerms': 'lang',
  'XMP-exif:UserComment': 'lang',
  'XMP-tiff:ImageDescription': 'lang',
  'XMP-lr:HierarchicalSubject': 'bag',
  'XMP-digiKam:TagsList': 'seq',
  'XMP-iptcExt:PersonInImage': 'bag',
  'XMP-photoshop:Headline': 'text',
  'XMP-photoshop:CaptionWriter': 'text',
};

const NAME = /^XMP-([A-Za-z]+):([A-Za-z][A-Za-z0-9]*)(?:-([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*))?$/;

/**
 * The fields of older forms that say the same as one of XMP. Programs show them in its place if they
 * are not the same, so they are written together where the picture has them.
 */
export const OLDER_FIELDS = {
  objectName: older('IPTC:ObjectName', 'text'),
  captionAbstract: older('IPTC:Caption-Abstract', 'text'),
  keywords: older('IPTC:Keywords', 'bag'),
  imageDescription: older('IFD0:ImageDescription', 'text'),
} as const;

function older(name: string, kind: PropertyKind): Field {
  return { name, property: undefined, kind, language: ANY_LANGUAGE };
}

/**
 * A field that was written, or that a change set names.
 *
 * @throws GeminiImageError of kind `usage` if it is none that is known here.
 */
export function fieldNamed(name: string): Field {
  const known = Object.values(OLDER_FIELDS).find((field) => field.name === name);
  return known ?? xmpField(name);
}

/** @throws GeminiImageError of kind `usage` if it names no field of XMP that is known here. */
function xmpField(name: string): Field {
  const [, group = '', tag = '', language] = NAME.exec(name) ?? [];
  const known = GROUPS[group];
  if (!known) {
    throw usageError(
      `${name} is no field that can be written`,
      `Write it as exiftool does, such as XMP-dc:Title; the groups are ${Object.keys(GROUPS).join(', ')}.`,
    );
  }
  const base = `XMP-${group}:${tag}`;
  const kind = KINDS[base];
  if (language !== undefined && kind !== 'lang') {
    throw usageError(`${base} has no languages`, `Leave out -${language}.`);
  }
  const { prefix, isLower = false } = known;
  const local = isLower ? tag.slice(0, 1).toLowerCase() + tag.slice(1) : tag;
  return {
    name,
    property: { namespace: NAMESPACES[prefix], prefix, name: local },
    kind,
    language: language ?? ANY_LANGUAGE,
  };
}

/** The same field in one language. */
export function inLanguage(field: Field, language: string): Field {
  return { ...field, name: `${field.name}-${language}`, language };
}

/** Which fields each answer goes into: by the name of its style, or `data.mood` for a field of JSON. */
export type FieldMap = ReadonlyMap<string, readonly string[]>;

/** The fields of tags; the last two are for those with paths, and for programs that read them first. */
export const TAG_FIELDS = {
  flat: 'XMP-dc:Subject',
  lightroom: 'XMP-lr:HierarchicalSubject',
  digikam: 'XMP-digiKam:TagsList',
} as const;

export const WRITER_FIELD = 'XMP-photoshop:CaptionWriter';
export const DESCRIPTION_FIELD = 'XMP-dc:Description';
export const TITLE_FIELD = 'XMP-dc:Title';

/** `caption` stands for the description of every reader: `detailed` and `text` stand in for it. */
const DEFAULT_MAP: FieldMap = new Map([
  ['alt', ['XMP-iptcCore:AltTextAccessibility']],
  ['alt.description', ['XMP-iptcCore:ExtDescrAccessibility']],
  ['caption', [DESCRIPTION_FIELD]],
  ['title', [TITLE_FIELD]],
  ['tags', [TAG_FIELDS.flat]],
]);

/**
 * The default map with changes: `title=XMP-photoshop:Headline` puts titles there instead, `title+=…`
 * there too, and `title=` nowhere.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export function fieldMap(changes: readonly string[]): FieldMap {
  const map = new Map(DEFAULT_MAP);
  for (const change of changes) {
    const [, answer, plus, list = ''] = /^\s*([^=+\s]+)\s*(\+?)=\s*(.*)$/s.exec(change) ?? [];
    if (answer === undefined) {
      throw usageError(
        `--map ${change} says no answer and field`,
        'Write it as title=XMP-photoshop:Headline.',
      );
    }
    const names = list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    for (const name of names) xmpField(name);
    map.set(answer, [...new Set(plus ? [...(map.get(answer) ?? []), ...names] : names)]);
  }
  return map;
}

/**
 * The changes that a map file asks for: an object of JSON, with a field or a list of fields for each
 * answer.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export function changesIn(text: string, path: string): string[] {
  const wrong = (why: string, cause?: unknown) =>
    usageError(
      `${path} is no map of fields: ${why}`,
      'It is an object of JSON, such as {"title": ["XMP-dc:Title", "XMP-photoshop:Headline"]}.',
      cause,
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong('it is not JSON', error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong('it is not an object');
  }
  return Object.entries(value).map(([answer, fields]) => {
    const names: unknown[] = Array.isArray(fields) ? fields : [fields];
    if (names.every((name) => typeof name === 'string')) return `${answer}=${names.join(',')}`;
    throw wrong(`${answer} has something else than names of fields`);
  });
}
