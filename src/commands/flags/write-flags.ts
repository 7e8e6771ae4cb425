import { type Command, Option } from 'commander';
import { usageError } from '../../domain/error.js';
import type { SidecarNaming } from '../../photos/sidecar-names.js';
import type { Merge } from '../../photos/write/decide.js';
import { readNamedText } from '../../run/text-flag.js';
import { collect } from './values.js';

/** Where answers are written: `auto` is an XMP sidecar as well, as long as nothing else can be. */
const TARGETS = ['auto', 'xmp'] as const;

/** The flags for writing into metadata, which `write` and `describe --write` share. */
export interface WritingFlags {
  into?: (typeof TARGETS)[number];
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
        'xmp: a sidecar beside each picture, which is auto, too',
      ).choices(TARGETS),
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
    );
}

/** The map of fields that the flags ask for. */
export async function fieldMapOf({ map = [], mapFile }: WritingFlags, signal: AbortSignal) {
  const { changesIn, fieldMap } = await import('../../photos/write/fields.js');
  if (mapFile === undefined) return fieldMap(map);
  const text = await readNamedText(mapFile, 'the map of fields', signal);
  return fieldMap([...changesIn(text, mapFile), ...map]);
}

/** @throws GeminiImageError of kind `usage` if they are given to a run that does not write. */
export function checkWritingFlags(
  flags: WritingFlags & { write?: boolean; output?: string },
): void {
  const { write = false, output, into, merge, map, mapFile, xmpName } = flags;
  if (!write) {
    const given = { '--into': into, '--merge': merge, '--map': map, '--map-file': mapFile };
    const [flag] =
      Object.entries({ ...given, '--xmp-name': xmpName }).find(([, value]) => value) ?? [];
    if (flag === undefined) return;
    throw usageError(`${flag} says how --write writes`, `Add --write, or leave out ${flag}.`);
  }
  if (output !== undefined && /\.(?:jsonl|ndjson)$/i.test(output)) return;
  throw usageError(
    '--write needs a ledger, which remembers what was written',
    'Name one with -o, such as -o captions.jsonl.',
  );
}
