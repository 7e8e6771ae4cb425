// What people type who know another program, or guess: words that no command or option here has, and
// what does here what they mean. Likeness of letters cannot find it.
import type { Command } from 'commander';
import { nearest } from '../domain/nearest.js';

const NO_KEY_FLAG =
  'There is none on purpose: flags show in lists of processes and in the history of the shell. ' +
  'Set GEMINI_API_KEY, or GEMINI_API_KEY_CMD to a command that prints the key.';

const AGAIN =
  'It needs no flag: the same command again, with the same -o x.jsonl, does what is missing.';

const style = (name: string) => `Use: gemini-image describe photo.png -s ${name}`;
const use = (line: string) => `Use: gemini-image ${line}`;

/** By the word that stands where a command should. */
const COMMANDS: Readonly<Record<string, string>> = {
  ...{ caption: style('caption'), captions: style('caption'), ocr: style('ocr') },
  ...{ text: style('ocr'), read: style('ocr'), transcribe: style('ocr') },
  ...{ 'alt-text': style('alt'), title: style('title') },
  ...{ tag: style('tags'), tags: style('tags'), keywords: style('tags') },
  ...{ ask: use('describe photo.png -p "What is on the sign?"') },
  ...{ prompt: use('describe photo.png -p "What is on the sign?"') },
  ...{ run: use('describe photo.png'), image: use('describe photo.png') },
  ...{ verify: use('check page.png --that "no text is cut off"') },
  ...{ assert: use('check page.png --that "no text is cut off"') },
  ...{ judge: use('check page.png --that "no text is cut off"') },
  ...{ find: use('detect photo.png --what "boats, people"') },
  ...{ boxes: use('detect photo.png'), objects: use('detect photo.png') },
  ...{ locate: use('detect photo.png --what "boats, people"') },
  ...{ jobs: use('batch list'), csv: use('export captions.jsonl -o captions.csv') },
  ...{ convert: use('export captions.jsonl -o captions.csv'), join: use('merge') },
  ...{ metadata: use('show photo.jpg'), exif: use('show photo.jpg'), xmp: use('show photo.jpg') },
  ...{ mock: use('emulator'), serve: use('emulator'), server: use('emulator') },
  ...{ version: use('--version'), ver: use('--version') },
  ...{ settings: use('config'), presets: use('config'), preset: use('config') },
  ...{ resume: AGAIN, continue: AGAIN },
  ...{
    login: 'There is nothing to log in to: set GEMINI_API_KEY to a key.',
    auth: 'There is nothing to log in to: set GEMINI_API_KEY to a key.',
    init: 'Nothing has to be set up but the key: set GEMINI_API_KEY.',
  },
};

/** What an option is called here: the option that has to be there, and how it is typed. */
interface Here {
  option: string;
  typed: string;
}

const here = (option: string, typed = option): Here => ({ option, typed });

/** By the option that is not there. A sentence stands for what is no option here. */
const OPTIONS: Readonly<Record<string, string | Here>> = {
  ...{ '--json': here('--format', '-f json'), '--jsonl': here('--format', '-f jsonl') },
  ...{ '--csv': here('--format', '-f csv'), '--text': here('--format', '-f text') },
  ...{ '--junit': here('--format', '-f junit'), '--coco': here('--format', '-f coco') },
  ...{ '--output-format': here('--format'), '--type': here('--format') },
  ...{ '--language': here('--lang'), '--locale': here('--lang'), '-l': here('--lang') },
  ...{ '--profile': here('--preset'), '--set': here('--preset') },
  ...{ '--verbose': here('--debug'), '--trace': here('--debug'), '--silent': here('--quiet') },
  ...{ '--log-level': here('--debug'), '--no-progress': here('--progress', '--progress off') },
  ...{
    '--question': here('--prompt'),
    '--ask': here('--prompt'),
    '--instruction': here('--prompt'),
  },
  ...{ '--caption': here('--style', '-s caption'), '--ocr': here('--style', '-s ocr') },
  ...{ '--alt': here('--style', '-s alt'), '--alt-text': here('--style', '-s alt') },
  ...{ '--tags': here('--style', '-s tags'), '--keywords': here('--style', '-s tags') },
  ...{ '--out': here('--output'), '--save': here('--output'), '--outfile': here('--output') },
  ...{ '--output-file': here('--output'), '--destination': here('--output') },
  ...{ '--parallel': here('--concurrency'), '--jobs': here('--concurrency') },
  ...{ '--workers': here('--concurrency'), '--threads': here('--concurrency') },
  ...{ '-j': here('--concurrency'), '-n': here('--limit'), '--count': here('--limit') },
  ...{ '--max': here('--limit'), '--head': here('--limit') },
  ...{ '--force': here('--overwrite'), '--replace': here('--overwrite') },
  ...{ '--clobber': here('--overwrite'), '--refresh': here('--redo'), '--again': here('--redo') },
  ...{ '--ignore': here('--exclude'), '--skip': here('--exclude') },
  ...{ '--resize': here('--max-edge'), '--max-size': here('--max-edge') },
  ...{ '--size': here('--max-edge'), '--width': here('--max-edge') },
  ...{ '--budget': here('--max-cost'), '--max-price': here('--max-cost') },
  ...{ '--limit-cost': here('--max-cost'), '--cheap': here('--tier', '--tier flex') },
  ...{ '--max-tokens': here('--max-output-tokens'), '--temp': here('--temperature') },
  ...{ '--effort': here('--thinking'), '--reasoning': here('--thinking') },
  ...{ '--mock': here('--offline'), '--fake': here('--offline'), '--demo': here('--offline') },
  ...{ '--simulate': here('--dry-run'), '--preview': here('--dry-run') },
  ...{ '--estimate': here('--dry-run'), '--endpoint': here('--base-url') },
  ...{ '--host': here('--base-url'), '--api-url': here('--base-url') },
  ...{ '--claim': here('--that'), '--assert': here('--that'), '--expect': here('--that') },
  ...{ '--object': here('--what'), '--objects': here('--what'), '--find': here('--what') },
  ...{ '--list': here('--files-from'), '--from-file': here('--files-from') },
  ...{ '--draw': here('--overlay') },
  ...{ '-v': 'For the version: -V. To see more of what happens: --debug.' },
  ...{ '--resume': AGAIN, '--continue': AGAIN, '--skip-existing': AGAIN },
  ...{ '--api-key': NO_KEY_FLAG, '--apikey': NO_KEY_FLAG, '--key': NO_KEY_FLAG },
  ...{ '--token': NO_KEY_FLAG, '-k': NO_KEY_FLAG, '--gemini-api-key': NO_KEY_FLAG },
  ...{ '--google-api-key': NO_KEY_FLAG, '--password': NO_KEY_FLAG, '--secret': NO_KEY_FLAG },
  ...{
    '--shell': 'The shell is named without a flag: gemini-image completion bash.',
    '--config': 'Settings are read where they lie; gemini-image config says which hold.',
    '--proxy': 'There is no flag for it: set HTTPS_PROXY.',
    '--image': 'Pictures are named without a flag.',
    '--images': 'Pictures are named without a flag.',
    '--input': 'Pictures are named without a flag.',
    '--file': 'Pictures are named without a flag.',
    '-i': 'Pictures are named without a flag.',
    '--dir': 'Folders are named without a flag; -r looks into their sub-folders.',
    '--folder': 'Folders are named without a flag; -r looks into their sub-folders.',
    '--url': 'Addresses are named without a flag, like files.',
    '--yes': 'Nothing is asked, so there is nothing to confirm.',
    '-y': 'Nothing is asked, so there is nothing to confirm.',
  },
};

/** What was meant by a word in the place of a command of `parent`; undefined if nobody can say. */
export function commandMeantBy(word: string, parent: Command): string | undefined {
  const isTop = parent.parent === null;
  const meant = isTop ? lookUp(COMMANDS, word) : undefined;
  if (meant !== undefined) return meant;
  const near = nearest(
    word,
    parent.commands.map((command) => command.name()),
  );
  return near === undefined ? undefined : `Did you mean ${near}?`;
}

/**
 * What was meant by an option that a command has not; undefined if nobody can say.
 *
 * @param guess the option of the command that is spelled most like it, if there is one.
 */
export function optionMeantBy(
  word: string,
  command: Command,
  guess?: string | undefined,
): string | undefined {
  const name = optionIn(word);
  return (
    inWords(lookUp(OPTIONS, name), command) ??
    guess ??
    // A word that another program has, with a slip.
    inWords(lookUp(OPTIONS, nearest(name, LONG_OPTIONS) ?? ''), command)
  );
}

/** An option without its value, which may be a key: `--api-key=…` and `-k…`. */
export function optionIn(word: string): string {
  const [name = word] = word.split('=');
  return /^-k./.test(name) ? '-k' : name;
}

const LONG_OPTIONS = Object.keys(OPTIONS).filter((name) => name.startsWith('--'));

function inWords(meant: string | Here | undefined, command: Command): string | undefined {
  if (meant === undefined || typeof meant === 'string') return meant;
  const has = (one: Command) => one.options.some(({ long }) => long === meant.option);
  if (has(command)) return `Use: ${meant.typed}`;
  // Without a command, the first one that has it shows where it belongs.
  const owner = command.parent === null ? command.commands.find(has) : undefined;
  return owner && `Use: gemini-image ${owner.name()} photo.png ${meant.typed}`;
}

function lookUp<Value>(table: Readonly<Record<string, Value>>, word: string): Value | undefined {
  const name = word.toLowerCase();
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
