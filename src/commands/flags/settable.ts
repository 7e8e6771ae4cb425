// Which flags a file of settings may have, and why the others may not stand there. The file of a project
// comes with its folder, and the folder may be a stranger's: it says how to ask, and never makes a call
// send more, send it elsewhere, read or write other files, cost more, or replace anything.
import { DEFAULT_MAX_EDGE } from '../../domain/picture.js';
import type { JsonShape } from './values.js';

/**
 * Where a flag may stand: in the file of a project too; in the user's own file; or there in a preset
 * only, which is named at each call, so that nothing happens silently.
 */
export type Level = 'project' | 'user' | 'preset';

export interface Settable {
  level: Level;
  /** Why it may not stand in the file of a project, or among the defaults. */
  why?: string;
  /**
   * What its text may name besides: a file with the text (`@file`), also behind the name of a style; a
   * file; a folder; a schema or its file.
   */
  names?: 'text' | 'style' | 'file' | 'folder' | 'schema';
  /** Of a project's value and of the user's default, the smaller one holds; or both do. */
  together?: 'smaller' | 'both';
  /** What it may be in the file of a project, if that is less than on the command line. */
  inProject?: JsonShape;
  /** Whether commands take different words, so that it has no value for all of them. */
  ownWords?: boolean;
}

const inProject = (more: Omit<Settable, 'level'> = {}): Settable => ({ level: 'project', ...more });
const inUserFile = (why: string): Settable => ({ level: 'user', why });
const inUserPreset = (why: string): Settable => ({ level: 'preset', why });

const SENDS = 'it makes a call send more';
const COSTS = 'it makes a call cost more';
const REPLACES = 'it replaces what is there';
const YOURS = 'it is for you to say, and not for a project';

/** By the name of the flag in camelCase. A flag that is not here stands on the command line only. */
export const SETTABLE: Readonly<Record<string, Settable>> = {
  // How is asked.
  style: inProject({ names: 'style' }),
  stylesFile: inProject({ names: 'file' }),
  prompt: inProject({ names: 'text' }),
  context: inProject({ names: 'text' }),
  system: inProject({ names: 'text' }),
  lang: inProject(),
  maxWords: inProject(),
  keepGood: inProject(),
  long: inProject(),
  vocab: inProject({ names: 'file' }),
  vocabPaths: inProject(),
  schema: inProject({ names: 'schema' }),
  fields: inProject(),
  that: inProject(),
  claims: inProject({ names: 'file' }),
  what: inProject(),
  group: inProject(),
  together: inProject(),
  model: inProject(),
  temperature: inProject(),
  seed: inProject(),

  // What is done to pictures, and which of them and of the pages are left out.
  exclude: inProject({ together: 'both' }),
  ignoreFile: inProject({ names: 'file' }),
  maxEdge: inProject({
    together: 'smaller',
    inProject: { type: 'integer', minimum: 1, maximum: DEFAULT_MAX_EDGE },
  }),
  background: inProject(),
  root: inProject({ names: 'folder' }),
  baseurl: inProject(),

  // How answers are printed.
  format: inProject({ ownWords: true }),
  delimiter: inProject(),
  sidecarName: inProject(),
  prefix: inProject(),
  suffix: inProject(),

  // How fast.
  concurrency: inProject({ together: 'smaller' }),
  rpm: inProject({ together: 'smaller' }),
  tpm: inProject({ together: 'smaller' }),

  recursive: inUserFile(SENDS),
  pages: inUserFile(SENDS),
  raw: inUserFile(SENDS),
  pdf: inUserFile(SENDS),
  only: inUserFile(SENDS),
  empty: inUserFile(SENDS),
  wiki: inUserFile(SENDS),
  frontMatter: inUserFile(SENDS),
  thinking: inUserFile(COSTS),
  mediaResolution: inUserFile(COSTS),
  maxOutputTokens: inUserFile(COSTS),
  votes: inUserFile(COSTS),
  retries: inUserFile(COSTS),
  tier: inUserFile(COSTS),
  tierFallback: inUserFile(COSTS),
  repair: inUserFile(COSTS),
  maxCost: inUserFile('it could raise a limit that is yours'),
  safety: inUserFile('it decides what the service blocks'),
  cache: inUserFile('it keeps answers on this machine'),
  decodeTimeout: inUserFile('it lets pictures take more of this machine'),
  decodeMemory: inUserFile('it lets pictures take more of this machine'),
  quiet: inUserFile('it hides what you should be told'),
  progress: inUserFile(YOURS),
  color: inUserFile(YOURS),
  timeout: inUserFile(YOURS),
  failFast: inUserFile(YOURS),
  stream: inUserFile(YOURS),
  limit: inUserFile(YOURS),
  wait: inUserFile(YOURS),
  batchSize: inUserFile(YOURS),

  keepMetadata: inUserPreset('it sends EXIF, and with it places and names'),
  original: inUserPreset('it sends EXIF, and with it places and names'),
  know: inUserPreset('it sends what the metadata says, such as names and places'),
  includeAll: inUserPreset(SENDS),
  damaged: inUserPreset(SENDS),
  store: inUserPreset('it lets Google keep pictures and answers'),
  allowPrivateHosts: inUserPreset('it lets a list fetch from your own network'),
  allowOutside: inUserPreset('it reads files outside of the project'),
  batch: inUserPreset('it submits jobs that go on after the command'),
  redo: inUserPreset(COSTS),
  redoFailed: inUserPreset(COSTS),
  redoRejected: inUserPreset(COSTS),
  overwrite: inUserPreset(REPLACES),
  write: inUserPreset(REPLACES),
};

const WRITES = 'it writes files';
const READS = 'it reads other files';
const ELSEWHERE = 'it sends pictures and the key elsewhere';
const DECIDES = 'it decides what one call does';

/** Flags for the command line only, with the reason. */
export const COMMAND_LINE_ONLY: Readonly<Record<string, string>> = {
  ...{ output: WRITES, sidecar: WRITES, sidecarDir: WRITES, failed: WRITES, overlay: WRITES },
  ...{ backup: WRITES, into: REPLACES, merge: REPLACES, map: REPLACES, mapFile: REPLACES },
  ...{ xmpName: WRITES, keepTimes: WRITES, filesFrom: READS, null: READS, baseUrl: ELSEWHERE },
  ...{ dryRun: DECIDES, offline: DECIDES, check: DECIDES, audit: DECIDES, debug: DECIDES },
  ...{ shard: DECIDES, shards: DECIDES, by: DECIDES, rescue: DECIDES },
  ...{ preset: DECIDES, config: DECIDES },
};

const SECRET = 'a key in a file leaks';
const BY_KEY =
  'Set GEMINI_API_KEY in the environment, or GEMINI_API_KEY_CMD to what prints the key.';
const BY_PROXY = 'Set HTTPS_PROXY in the environment.';

/** What is no flag, by names that people try, in small letters without signs between. */
export const ENVIRONMENT_ONLY: Readonly<Record<string, { why: string; todo: string }>> = {
  ...Object.fromEntries(
    ['key', 'apikey', 'geminiapikey', 'googleapikey', 'token', 'secret'].map((name) => [
      name,
      { why: SECRET, todo: BY_KEY },
    ]),
  ),
  ...Object.fromEntries(
    ['keycommand', 'keycmd', 'apikeycmd', 'apikeycommand', 'geminiapikeycmd'].map((name) => [
      name,
      { why: 'it runs a command', todo: 'Set GEMINI_API_KEY_CMD in the environment.' },
    ]),
  ),
  ...Object.fromEntries(
    ['proxy', 'httpsproxy', 'httpproxy', 'noproxy', 'allproxy'].map((name) => [
      name,
      { why: ELSEWHERE, todo: BY_PROXY },
    ]),
  ),
};

/** Commands that take flags from files, and which: all that may stand there, or these. */
export const COMMANDS_WITH_SETTINGS: Readonly<Record<string, 'all' | readonly string[]>> = {
  describe: 'all',
  check: 'all',
  detect: 'all',
  alt: 'all',
  review: ['model'],
  styles: ['stylesFile'],
};

/** The flag of a setting: `--max-edge` of `maxEdge`. */
export function flagOfSetting(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
