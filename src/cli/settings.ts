import { isAbsolute } from 'node:path';
import { GeminiImageError, usageError } from '../domain/error.js';
import { DEFAULT_BASE_URL, parseBaseUrl } from '../gemini/base-url.js';
import { bareKey, cleanKey, vertexVariables } from '../gemini/key.js';
import { DEFAULT_MODEL, parseModel } from '../gemini/models.js';
import type { ModelFrom, ServiceChoice, SettingOrigin, Settings } from '../run/context.js';
import type { EnvFile } from './env-file.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What files of settings have added to the flags. */
interface SettingsOfFiles {
  /** Where each flag stands that a preset or a default has set. */
  origins: ReadonlyMap<string, SettingOrigin>;
  model: ServiceChoice['modelOfFile'];
}

/**
 * Combines flags, environment, `.env` and what files of settings have into settings; the first of them
 * that has a value wins. A variable that is set to nothing counts as not set.
 *
 * @param runCommand runs the user's command that prints the key; it is not run before a key is needed.
 */
export function resolveSettings(
  given: ServiceChoice,
  env: Environment,
  file: EnvFile,
  runCommand: (command: string) => Promise<string> = runsNothing,
  added?: SettingsOfFiles,
): Settings {
  const httpsProxy = firstSet(env.HTTPS_PROXY, env.https_proxy);
  const ofPreset = added?.origins.get('model');
  const ofFiles = given.modelOfFile ?? added?.model;
  const model = (): { name: string; from: ModelFrom } => {
    const places: readonly { name: string | undefined; from: ModelFrom }[] = [
      { name: given.model, from: ofPreset ? ofSettings(ofPreset) : { kind: 'flag' } },
      { name: firstSet(env.GEMINI_IMAGE_MODEL), from: { kind: 'environment' } },
      { name: firstSet(file.GEMINI_IMAGE_MODEL), from: { kind: 'env file' } },
      ...(ofFiles ? [{ name: ofFiles.name, from: ofSettings(ofFiles.origin) }] : []),
    ];
    for (const { name, from } of places) if (name !== undefined) return { name, from };
    return { name: DEFAULT_MODEL, from: { kind: 'default' } };
  };
  return {
    // Read late, so that a wrong name stops only what asks a model.
    get model() {
      return parseModel(model().name);
    },
    get modelFrom() {
      return model().from;
    },
    baseUrl: () =>
      parseBaseUrl(given.baseUrl ?? firstSet(env.GOOGLE_GEMINI_BASE_URL) ?? DEFAULT_BASE_URL),
    async apiKey() {
      const found = findKey(env, file);
      return 'key' in found ? found.key : runCommand(found.command);
    },
    proxy:
      httpsProxy === undefined
        ? undefined
        : { httpsProxy, noProxy: firstSet(env.NO_PROXY, env.no_proxy) },
    unreadProxy:
      httpsProxy === undefined
        ? ['ALL_PROXY', 'all_proxy'].find((name) => firstSet(env[name]) !== undefined)
        : undefined,
    stepSummary: firstSet(env.GITHUB_STEP_SUMMARY),
    isGitHubStep: isGitHubStep(env),
    workspace: firstSet(env.GITHUB_WORKSPACE),
    searchPath: firstSet(env.PATH),
    shardNumber: (count) => shardNumberIn(env, count),
    cacheFolder,
  };
}

function ofSettings(origin: SettingOrigin): ModelFrom {
  return { kind: 'settings', origin };
}

async function runsNothing(): Promise<never> {
  throw new Error('no command may be run here');
}

/** A key, or a command that prints it, and in words for people where that is set. */
export type FoundKey = { from: string } & ({ key: string } | { command: string });

/**
 * Finds the key to use. As in Google's own SDKs, GOOGLE_API_KEY wins if both are set. A command that
 * prints the key comes after the keys of the environment, and before `.env`, which cannot have one.
 *
 * @throws GeminiImageError of kind `auth` if there is no key, or its value cannot be one.
 */
export function findKey(env: Environment, file: EnvFile): FoundKey {
  const command = firstSet(env.GEMINI_API_KEY_CMD);
  const places = [
    { place: 'the environment', values: env },
    { place: '.env in this folder', values: file },
  ];
  const names = ['GOOGLE_API_KEY', 'GEMINI_API_KEY'] as const;
  let found: { key: string; from: string } | undefined;
  for (const { place, values } of places) {
    if (values === file && command !== undefined) {
      const from = 'GEMINI_API_KEY_CMD of the environment';
      if (!found) return { command, from };
      return { ...found, from: `${found.from}, which comes before ${from}` };
    }
    for (const name of names) {
      const from = `${name} of ${place}`;
      const raw = values[name];
      // Warn about the second key, since it is often the one that was meant.
      if (found && raw !== undefined && bareKey(raw) !== '') {
        return bareKey(raw) === found.key
          ? found
          : { ...found, from: `${found.from}, which comes before ${from}` };
      }
      const key = raw === undefined || found ? undefined : usableKey(raw, from);
      if (key !== undefined) found = { key, from };
    }
  }
  if (found) return found;
  throw new GeminiImageError({
    kind: 'auth',
    message: `no API key is set${emptyHanded[file.found ?? 'nothing']}`,
    hint:
      'Get one at https://aistudio.google.com/apikey and set GEMINI_API_KEY to it; ' +
      `or use --offline, which needs none.${aboutVertex(env)}`,
  });
}

/** Who uses Vertex AI elsewhere may believe that its project is a key. */
function aboutVertex(env: Environment): string {
  const set = vertexVariables((name) => firstSet(env[name]));
  if (set.length === 0) return '';
  const are = set.length === 1 ? 'is for Vertex AI and is' : 'are for Vertex AI and are';
  return `\n${set.join(', ')} ${are} not read here: only the Gemini Developer API is spoken, which takes a key.`;
}

/** What the error says about a `.env` that is there but holds no key. */
const emptyHanded = {
  nothing: '',
  'a file': ', and .env in this folder gives neither GEMINI_API_KEY nor GOOGLE_API_KEY a value',
  'a folder': ', and .env in this folder is a folder',
  'a file that is ignored': ', and .env in this folder is ignored',
} as const satisfies Record<NonNullable<EnvFile['found']> | 'nothing', string>;

function usableKey(raw: string, from: string): string | undefined {
  try {
    return cleanKey(raw);
  } catch (error) {
    if (!(error instanceof GeminiImageError)) throw error;
    throw error.with({ message: `${error.message} (${from})` });
  }
}

/** Variables in which schedulers number the parts of a job, with the number of the first part. */
const PART_NUMBERS = [
  { name: 'SLURM_ARRAY_TASK_ID', first: 1, remedy: (count: number) => `--array=1-${count}` },
  { name: 'JOB_COMPLETION_INDEX', first: 0, remedy: (count: number) => `completions: ${count}` },
] as const;

/**
 * The number of this shard. The count is not read from the scheduler: if Slurm runs a part again,
 * its variables no longer describe the whole array.
 */
function shardNumberIn(env: Environment, count: number): number {
  const given = PART_NUMBERS.flatMap(({ name, first, remedy }) => {
    const value = firstSet(env[name])?.trim();
    if (value === undefined) return [];
    const number = Number(value) - first + 1;
    if (/^\d+$/.test(value) && number >= 1 && number <= count) return [number];
    throw usageError(
      `${name} is ${value}, and the numbers of ${count} shards are ${first} to ${first + count - 1}`,
      `Begin the job with ${remedy(count)}, or give --shards another number.`,
    );
  });
  const [number, other = number] = given;
  if (number === undefined) {
    throw usageError(
      `--shard auto finds no number: neither ${PART_NUMBERS.map(({ name }) => name).join(' nor ')} is set`,
      `Give the number yourself, as in --shard 1/${count}.`,
    );
  }
  if (number === other) return number;
  throw usageError(
    `--shard auto finds two numbers: by ${PART_NUMBERS[0].name} this is shard ${number}, by ${PART_NUMBERS[1].name} shard ${other}`,
    `Give the number yourself, as in --shard ${number}/${count}.`,
  );
}

async function cacheFolder(): Promise<string> {
  try {
    // This asks the system for the home folder, and throws if the user has none.
    const { default: envPaths } = await import('env-paths');
    const { cache } = envPaths('gemini-image', { suffix: '' });
    if (isAbsolute(cache)) return cache;
    throw new Error(`${cache} is not absolute`);
  } catch (cause) {
    throw usageError(
      'there is no folder for a cache: the home folder is not known',
      'Set HOME, or XDG_CACHE_HOME on Linux, to an absolute path.',
      cause,
    );
  }
}

/** Whether this runs as a step of GitHub Actions. */
export function isGitHubStep(env: Environment): boolean {
  return firstSet(env.GITHUB_ACTIONS) !== undefined;
}

export function firstSet(...values: (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value.trim() !== '');
}
