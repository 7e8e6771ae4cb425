// When the value of a file does not hold, because of what stronger places say: on the command line two such
// flags would be an error, but nobody has typed both here.
import { formatForFile } from '../../output/formats.js';
import type { Style } from '../../tasks/describe/styles.js';

type Flags = Readonly<Record<string, unknown>>;

const isOn = (value: unknown) => value !== undefined && value !== false;

/** Flags before which the value of a file gives way. */
const GIVES_WAY_TO: Readonly<Record<string, readonly string[]>> = {
  prompt: ['style'],
  style: ['prompt', 'schema', 'fields'],
  schema: ['style', 'fields'],
  fields: ['style', 'schema'],
  maxWords: ['schema', 'fields'],
  stream: ['schema', 'fields', 'batch', 'by'],
  claims: ['that'],
  that: ['claims'],
  maxEdge: ['original'],
  background: ['original'],
  original: ['maxEdge', 'background'],
  group: ['together', 'sidecar', 'sidecarDir'],
  together: ['group', 'sidecar', 'sidecarDir', 'limit', 'shard', 'batch', 'by'],
  limit: ['together'],
  overwrite: ['redo', 'redoFailed', 'redoRejected', 'batch', 'by'],
  redo: ['overwrite', 'redoFailed', 'redoRejected'],
  redoFailed: ['overwrite', 'redo'],
  redoRejected: ['overwrite', 'redo'],
  write: ['check', 'dryRun'],
};

const isInBatches = ({ batch, by }: Flags) => isOn(batch) || isOn(by);
const writesSidecars = ({ sidecar, sidecarDir }: Flags) => isOn(sidecar) || isOn(sidecarDir);
const stylesOf = ({ style }: Flags) => (Array.isArray(style) ? style : []).flatMap(namesOf);
const namesOf = (word: unknown) => String(word).replace(/=.*/s, '').split(',');

/** What has to be so that the value of a file means something. */
const NEEDS: Readonly<Record<string, (flags: Flags, command: string) => boolean>> = {
  stylesFile: (flags, command) => command === 'styles' || isOn(flags.style),
  vocab: (flags) => stylesOf(flags).includes('tags'),
  vocabPaths: ({ vocab }) => isOn(vocab),
  long: (flags) => stylesOf(flags).includes('alt'),
  // One name may stand for a set of styles.
  keepGood: (flags) => stylesOf(flags).length > 1 || isOn(flags.stylesFile),
  delimiter: ({ format, output }) => (format ?? formatForFile(String(output ?? ''))) === 'csv',
  prefix: writesSidecars,
  suffix: writesSidecars,
  sidecarName: writesSidecars,
  tierFallback: ({ tier }) => tier === 'flex',
  wait: isInBatches,
  repair: isInBatches,
  tier: (flags) => !isOn(flags.by) && (!isOn(flags.batch) || isOn(flags.rescue)),
  rpm: isPaced,
  tpm: isPaced,
  format: ({ check, audit, output }, command) =>
    command === 'alt' ? isOn(check) || isOn(audit) : saysNoFormat(output),
};

function isPaced(flags: Flags): boolean {
  return !isOn(flags.batch) || isOn(flags.rescue) || isOn(flags.by);
}

/** The ending of -o is typed, and beats a file. */
function saysNoFormat(output: unknown): boolean {
  return typeof output !== 'string' || formatForFile(output) === undefined;
}

/** Whether a flag that a stronger place has set leaves no room for this one. */
export function givesWay(name: string, stronger: Flags): boolean {
  return (GIVES_WAY_TO[name] ?? []).some((other) => isOn(stronger[other]));
}

/** Whether a value of a file means something beside all other flags. */
export async function isNeeded(name: string, flags: Flags, command: string): Promise<boolean> {
  if (NEEDS[name]?.(flags, command) === false) return false;
  if (name !== 'lang' && name !== 'maxWords') return true;
  const wanted = stylesOf(flags);
  if (wanted.length === 0) return true;
  const { styles }: { styles: Readonly<Record<string, Style>> } = await import(
    '../../tasks/describe/styles.js'
  );
  return !Object.entries(styles).some(
    ([style, { refuses }]) => wanted.includes(style) && refuses?.[name] !== undefined,
  );
}
