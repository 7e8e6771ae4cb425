// What `config` prints: the files of settings, and of one command the flags that would hold.
import type { GeminiImageError } from '../../domain/error.js';
import { DEFAULT_MAX_EDGE } from '../../domain/picture.js';
import { alignedLines } from '../../output/aligned.js';
import { formatForFile } from '../../output/formats.js';
import { safeLine } from '../../output/safe-text.js';
import type {
  CommandContext,
  ModelFrom,
  SettingOrigin,
  Settings,
  SettingsFileReport,
  Surroundings,
  Tally,
} from '../../run/context.js';

type Format = 'text' | 'json';

/** A flag as the command has it, after files have been read. */
export interface FlagState {
  name: string;
  value: unknown;
  /** Whether it stands on the command line. */
  isTyped: boolean;
}

type Source = 'flag' | 'environment' | '.env' | 'preset' | 'project' | 'user' | 'default';

/** A setting that holds, and where it comes from. */
interface Holding {
  name: string;
  value: unknown;
  source: Source;
  /** `file:line:column`, or the name of the variable. */
  at?: string;
  preset?: string;
}

const done: Tally = { produced: 1, failures: [] };

/** Prints the files, their presets and their defaults. */
export async function printFiles(
  format: Format,
  { surroundings, stdout }: CommandContext,
): Promise<Tally> {
  const files = await surroundings.settingsFiles();
  const text = format === 'json' ? asJson({ files: files.map(fileInJson) }) : filesInText(files);
  await stdout.write(text);
  return { ...done, ...(files.some(({ state }) => state === 'wrong') && { ended: 'usage' }) };
}

/** Prints what would hold for a command with these flags. */
export async function printHolding(
  command: string,
  flags: readonly FlagState[],
  format: Format,
  context: CommandContext,
): Promise<Tally> {
  const { surroundings, stdout } = context;
  const holding = [...(await ofService(flags, context)), ...ofFlags(flags, surroundings)];
  const files = await surroundings.settingsFiles();
  await stdout.write(
    format === 'json'
      ? asJson({ command, files: files.map(fileInJson), settings: settingsInJson(holding) })
      : `${alignedLines(files.map(fileRow))}\n${alignedLines(holding.map(holdingRow))}`,
  );
  return done;
}

/** Model, key, address and proxy, which have places of their own. */
async function ofService(flags: readonly FlagState[], context: CommandContext): Promise<Holding[]> {
  const textOf = (name: string) => {
    const value = flags.find((flag) => flag.name === name)?.value;
    return typeof value === 'string' ? value : undefined;
  };
  const { surroundings } = context;
  const baseUrl = textOf('baseUrl');
  const settings = await context.settings({ model: textOf('model'), baseUrl });
  const key = surroundings.keySource();
  const proxy = settings.proxy !== undefined;
  return [
    { name: 'model', value: settings.model, ...sourceOfModel(settings) },
    {
      name: 'key',
      value: key === undefined ? null : 'set',
      ...(key === undefined ? { source: 'default' } : { source: sourceOfKey(key), at: key }),
    },
    { name: 'baseUrl', value: settings.baseUrl(), ...sourceOfAddress(baseUrl, surroundings) },
    ...(proxy
      ? [{ name: 'proxy', value: 'set', source: 'environment', at: 'HTTPS_PROXY' } as const]
      : []),
  ];
}

function sourceOfModel({ modelFrom }: Settings): Omit<Holding, 'name' | 'value'> {
  if (modelFrom?.kind === 'settings') return sourceOf(modelFrom.origin);
  const variable = { source: 'environment', at: 'GEMINI_IMAGE_MODEL' } as const;
  const sources: Readonly<
    Record<Exclude<ModelFrom['kind'], 'settings'>, Omit<Holding, 'name' | 'value'>>
  > = {
    flag: { source: 'flag' },
    environment: variable,
    'env file': { ...variable, source: '.env' },
    default: { source: 'default' },
  };
  return sources[modelFrom?.kind ?? 'default'];
}

function sourceOfKey(from: string): Source {
  return from.includes('.env') ? '.env' : 'environment';
}

function sourceOfAddress(
  typed: string | undefined,
  { variable }: Surroundings,
): Omit<Holding, 'name' | 'value'> {
  if (typed !== undefined) return { source: 'flag' };
  const at = 'GOOGLE_GEMINI_BASE_URL';
  return variable(at) === undefined ? { source: 'default' } : { source: 'environment', at };
}

function sourceOf({ whose, preset, at }: SettingOrigin): Omit<Holding, 'name' | 'value'> {
  return preset === undefined ? { source: whose, at } : { source: 'preset', preset, at };
}

/** What flags mean that have no value, where a word says it. */
const WITHOUT_VALUE: Readonly<Record<string, (flagNamed: (name: string) => unknown) => unknown>> = {
  format: (flagNamed) => formatForFile(String(flagNamed('output') ?? '')) ?? 'text',
  maxEdge: (flagNamed) => (flagNamed('original') ? undefined : DEFAULT_MAX_EDGE),
  timeout: (flagNamed) => (flagNamed('tier') === 'flex' ? 600 : 120),
};

/** These have rows of their own, or none: they say which files are read. */
const NO_ROW = ['model', 'baseUrl', 'preset', 'config'];

function ofFlags(flags: readonly FlagState[], { settingOrigins }: Surroundings): Holding[] {
  const byName = new Map(flags.map((flag) => [flag.name, flag]));
  const flagNamed = (name: string) => byName.get(name)?.value;
  return [...byName.values()].flatMap(({ name, value, isTyped }): Holding[] => {
    if (NO_ROW.includes(name)) return [];
    const origin = settingOrigins.get(name);
    if (origin) return [{ name, value, ...sourceOf(origin) }];
    if (isTyped && value !== undefined) return [{ name, value, source: 'flag' }];
    const otherwise = value ?? WITHOUT_VALUE[name]?.(flagNamed);
    return otherwise === undefined ? [] : [{ name, value: otherwise, source: 'default' }];
  });
}

function settingsInJson(holding: readonly Holding[]): object {
  return Object.fromEntries(holding.map(({ name, ...rest }) => [name, rest]));
}

function asJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function fileInJson({ whose, path, state, problem, presets, entries }: SettingsFileReport): object {
  return {
    ...{ whose, path, state },
    ...(problem && { problem: problem.message }),
    ...(state === 'read' && { presets, settings: entries }),
  };
}

const WHOSE = { project: "project's file", user: 'your file' } as const;

function fileRow({ whose, path, state, problem }: SettingsFileReport): string[] {
  return [WHOSE[whose], safeLine(`${path}${stateInWords(state, problem)}`)];
}

function stateInWords(state: SettingsFileReport['state'], problem?: GeminiImageError): string {
  switch (state) {
    case 'none':
      return ' (there is none)';
    case 'ignored':
      return ` (ignored: ${problem?.message ?? 'it does not hold'})`;
    case 'wrong':
      return ' (wrong)';
    case 'read':
      return '';
  }
}

function filesInText(files: readonly SettingsFileReport[]): string {
  const presets = files.flatMap((file) => file.presets);
  const entries = files.flatMap((file) => file.entries);
  const wrong = files.flatMap(({ problem, state }) =>
    state === 'wrong' && problem ? [problem] : [],
  );
  const rows = [
    ...files.map(fileRow),
    ['presets', presets.length === 0 ? 'none' : presets.join(', ')],
  ];
  const problems = wrong.map(
    ({ message, hint }) => `${message}\n${hint === undefined ? '' : `${hint}\n`}`,
  );
  return [
    alignedLines(rows),
    ...problems,
    ...(entries.length === 0
      ? []
      : [
          alignedLines(
            entries.map(({ part, setting, value, at }) =>
              [part, setting, shown(value), at].map(safeLine),
            ),
          ),
        ]),
  ].join('\n');
}

function holdingRow({ name, value, source, at, preset }: Holding): string[] {
  const words: Readonly<Record<Source, string>> = {
    flag: 'command line',
    environment: 'environment',
    '.env': '.env in this folder',
    preset: `preset ${preset}`,
    project: "project's file",
    user: 'your file',
    default: 'default',
  };
  const place = at === undefined ? words[source] : `${words[source]}, ${at}`;
  return [name, shown(value), place].map(safeLine);
}

/** Longer ones are shown in part; JSON has them whole. */
const MOST_SHOWN = 48;

function shown(value: unknown): string {
  if (value === null) return 'not set';
  const text = Array.isArray(value) ? value.map(plain).join(', ') : plain(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN - 1)}…` : text;
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
