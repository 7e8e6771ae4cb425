import { type Command, Option } from 'commander';
import { usageError } from '../../domain/error.js';
import type { SidecarNaming } from '../../photos/sidecar-names.js';
import type { Merge } from '../../photos/write/decide.js';
import type { Into } from '../../photos/write/places.js';
import { collect } from './values.js';

/** The flags for writing into metadata, which `write` and `describe --write` share. */
export interface WritingFlags {
  into?: Into;
  keepTimes?: boolean;
  backup?: string;
  merge?: Merge;
  map?: readonly string[];
  mapFile?: string;
  xmpName?: SidecarNaming;
}

export function addWritingFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--into <place>',
        'embed: into the picture itself, by exiftool; xmp: into a sidecar beside it; auto (default): into the picture if that can be done',
      ).choices(['auto', 'embed', 'xmp'] satisfies Into[]),
    )
    .addOption(
      new Option(
        '--merge <how>',
        'fill what is empty (default), append tags as well, or replace what was there before',
      ).choices(['fill', 'append', 'replace'] satisfies Merge[]),
    )
    .option(
      '--map <answer=fields>',
      'where an answer goes, such as title=XMP-photoshop:Headline; += adds; repeatable',
      collect,
    )
    .option('--map-file <file>', 'the same as JSON: {"title": ["XMP-dc:Title"]}')
    .addOption(
      new Option(
        '--xmp-name <name>',
        'of new sidecars: adobe for photo.xmp (default), full for photo.jpg.xmp',
      ).choices(['adobe', 'full']),
    )
    .option('--backup <folder>', 'keep a copy of each file there before it is changed')
    .option('--keep-times', 'files keep their date, although they are changed');
}

/** How answers are written, whatever is written. */
export function writingPart({ merge = 'fill', xmpName: naming, ...flags }: WritingFlags) {
  const { into = 'auto', keepTimes = false, backup } = flags;
  if (backup === '')
    throw usageError('--backup names no folder', 'For example: --backup originals');
  return { merge, naming, into, keepTimes, backup };
}

/** The map of fields that the flags ask for. */
export async function fieldMapOf({ map = [], mapFile }: WritingFlags, signal: AbortSignal) {
  const { changesIn, fieldMap } = await import('../../photos/write/fields.js');
  if (mapFile === undefined) return fieldMap(map);
  const { readNamedText } = await import('../../run/text-flag.js');
  const text = await readNamedText(mapFile, 'the map of fields', signal);
  return fieldMap([...changesIn(text, mapFile), ...map]);
}

/** @throws GeminiImageError of kind `usage` if they are given to a run that does not write. */
export function checkWritingFlags(
  flags: WritingFlags & { write?: boolean; output?: string },
): void {
  const { write = false, output, into, merge, map, mapFile, xmpName, backup, keepTimes } = flags;
  if (!write) {
    const given = {
      ...{ '--into': into, '--merge': merge, '--map': map, '--map-file': mapFile },
      ...{ '--xmp-name': xmpName, '--backup': backup, '--keep-times': keepTimes },
    };
    const [flag] = Object.entries(given).find(([, value]) => value) ?? [];
    if (flag === undefined) return;
    throw usageError(`${flag} says how --write writes`, `Add --write, or leave out ${flag}.`);
  }
  if (output !== undefined && /\.(?:jsonl|ndjson)$/i.test(output)) return;
  throw usageError(
    '--write needs a ledger, which remembers what was written',
    'Name one with -o, such as -o captions.jsonl.',
  );
}
