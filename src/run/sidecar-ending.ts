import { usageError } from '../domain/error.js';
import { isPictureName, isRawName } from '../images/find/looks-like-picture.js';
import { typeOfEnding } from '../images/type-of-ending.js';

const MAX_EXTENSION = 16;

/** The ending is optional, so a picture that follows would be taken for it. */
const ORDER = 'Pictures come before --sidecar.';

/** Endings that other programs run or keep their own data in, and that have no MIME type. */
const OTHERS: Readonly<Record<string, string>> = {
  ...named('metadata of other programs', ['xmp', 'pp3', 'dop', 'aae', 'thm', 'on1', 'cos', 'arp']),
  ...named('programs', ['py', 'pyw', 'rb', 'pl', 'pm', 'go', 'rs', 'kt', 'swift', 'lua', 'r']),
  ...named('programs', [
    'ts',
    'tsx',
    'jsx',
    'mts',
    'cts',
    'vue',
    'svelte',
    'zig',
    'cs',
    'fs',
    'vb',
  ]),
  ...named('programs', [
    'cmd',
    'bat',
    'ps1',
    'psm1',
    'vbs',
    'bash',
    'zsh',
    'fish',
    'ksh',
    'command',
  ]),
  ...named('settings', ['env', 'conf', 'cfg', 'ini', 'toml', 'lock', 'plist', 'reg', 'desktop']),
  ...named('records', ['jsonl', 'ndjson', 'parquet', 'db', 'sqlite']),
};

function named(what: string, endings: readonly string[]): Record<string, string> {
  return Object.fromEntries(endings.map((ending) => [ending, what]));
}

/** Types of text that people read as it is. */
const PLAIN_TYPES = ['text/plain', 'text/markdown'];

/**
 * Checks the ending of sidecars, with or without its dot. It must mean plain text, or nothing else;
 * `json` is for answers in JSON.
 *
 * @throws GeminiImageError of kind `usage`.
 */
export function parseSidecarExtension(value: string, isJson: boolean): string {
  const extension = value.replace(/^\./, '');
  const last = extension.slice(extension.lastIndexOf('.') + 1).toLowerCase();
  if (!/^[\w-]+(?:\.[\w-]+)*$/.test(extension) || extension.length > MAX_EXTENSION) {
    throw usageError(
      `${JSON.stringify(value)} is no ending for sidecars`,
      `Give at most ${MAX_EXTENSION} letters, digits, dots, dashes and underscores, such as txt. ${ORDER}`,
    );
  }
  if (isPictureName(`picture.${last}`) || isRawName(`picture.${last}`)) {
    throw usageError(
      `files that end in .${last} are pictures, and no picture is written over`,
      `Give another ending, such as txt. ${ORDER}`,
    );
  }
  if (last === 'json') {
    if (isJson) return extension;
    throw usageError(
      'the answers are text, and files that end in .json hold JSON',
      'Ask for JSON with --schema or --fields, give another ending, such as txt, or write records with -o captions.jsonl.',
    );
  }
  const other = OTHERS[last] ?? otherType(last);
  if (other === undefined) return extension;
  throw usageError(
    `files that end in .${last} hold ${other}, and a sidecar is plain text`,
    `Give another ending, such as txt. ${ORDER}`,
  );
}

function otherType(ending: string): string | undefined {
  const type = typeOfEnding(ending);
  return type === undefined || PLAIN_TYPES.includes(type) ? undefined : type;
}
