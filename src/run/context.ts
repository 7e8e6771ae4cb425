import type { Readable } from 'node:stream';
import type { ErrorKind, GeminiImageError } from '../domain/error.js';
import type { Tell } from '../domain/events.js';
import type { ProxySettings } from '../domain/proxy.js';
import type { StopSignals } from '../network/stop-signals.js';

/** What a command gets from the outside; `cli/` provides it, and so may tests. */
export interface CommandContext {
  /** Standard input, and whether it is a pipe or a file rather than a terminal or nothing. */
  stdin: { stream(): Readable; isData: boolean };
  stdout: Output;
  /** Called with every event that the user should know about. */
  tell: Tell;
  /** Whether the total is needed early, to show progress. */
  showsTotal: boolean;
  /** The arguments of the command line, without the program. */
  args: readonly string[];
  /**
   * Ctrl-C aborts `stop` at once, and `abort` after the grace period. If nobody reads stdout any
   * more, both are aborted at once.
   */
  signals: StopSignals;
  /** Whether the command ends because nobody reads stdout any more, or for a bug: not by Ctrl-C. */
  isUnread(): boolean;
  /** From now on, work in progress has this long to finish after Ctrl-C. */
  allowGrace(ms: number): void;
  /** How many files and connections this process may have open, if that is known. */
  openFiles?: (() => number | undefined) | undefined;
  /** When the command began: prices of that day apply. */
  today: Date;
  /** Combines flags, environment, .env and files into settings; the first that has a value wins. */
  settings(chosen: ServiceChoice): Promise<Settings>;
  surroundings: Surroundings;
}

/** What the command finds around it, for a look at the machine. No value here is a key. */
export interface Surroundings {
  /** The version of Node, such as `20.19.0`. */
  node: string;
  /** A variable of the environment; undefined if it is not set, or set to nothing. */
  variable(name: string): string | undefined;
  /** `.env` in the working folder: what it is, and the names of its settings. */
  envFile(): Promise<{
    found?: 'a file' | 'a folder' | 'a file that is ignored';
    taken: readonly string[];
    ignored: readonly string[];
  }>;
  /** Where the key is set, in words; undefined if it is not. */
  keySource(): string | undefined;
  /** The files of settings, that of the project first: what they hold, or that there is none. */
  settingsFiles(): Promise<readonly SettingsFileReport[]>;
  /** The flags of this command that come from such files, by their names in camelCase. */
  settingOrigins: ReadonlyMap<string, SettingOrigin>;
  /** That of messages: stderr. */
  terminal: { isTerminal: boolean; columns: number | undefined; colours: boolean };
}

/** Where a setting stands that is in a file of settings. */
export interface SettingOrigin {
  whose: 'project' | 'user';
  /** The preset that it belongs to; without one, it is a default. */
  preset?: string;
  /** `file:line:column`. */
  at: string;
}

/** A file of settings, whether it holds or not. */
export interface SettingsFileReport {
  whose: 'project' | 'user';
  path: string;
  state: 'read' | 'none' | 'ignored' | 'wrong';
  /** Why it is ignored, or what is wrong with it. */
  problem?: GeminiImageError;
  presets: readonly string[];
  /** What stands in it: `defaults describe` or `preset web`, the flag, its value, and where. */
  entries: readonly { part: string; setting: string; value: unknown; at: string }[];
}

/** Where the model is set. */
export type ModelFrom =
  | { kind: 'flag' | 'environment' | 'env file' | 'default' }
  | { kind: 'settings'; origin: SettingOrigin };

/** Stdout: data. */
export interface Output {
  isTerminal: boolean;
  /** The width of the terminal; undefined if it is not known, or there is none. */
  columns?: number | undefined;
  /** Never rejects: a failure aborts the command and is reported at the end. */
  write(text: string): Promise<void>;
}

/** What the flags say about the service; the environment and .env come after them. */
export interface ServiceChoice {
  model?: string | undefined;
  baseUrl?: string | undefined;
  /** What files of settings have for want of a stronger place, if the command asks for it itself. */
  modelOfFile?: { name: string; origin: SettingOrigin } | undefined;
}

export interface Settings {
  /** @throws GeminiImageError of kind `usage`, when it is read, if the name is not valid. */
  readonly model: string;
  readonly modelFrom?: ModelFrom;
  /** @throws GeminiImageError of kind `usage` if the address may not be used. */
  baseUrl(): string;
  /**
   * Not every run needs a key, and a command of the user's may be run for it.
   *
   * @throws GeminiImageError of kind `auth` if there is no key.
   */
  apiKey(): Promise<string>;
  proxy: ProxySettings | undefined;
  /** A proxy variable that is set but not supported, if no supported one is set. */
  unreadProxy?: string | undefined;
  /** In GitHub Actions, the file with the summary that is shown for the step. */
  stepSummary: string | undefined;
  /** Whether this runs as a step of GitHub Actions, which reads what is printed. */
  isGitHubStep?: boolean;
  /** In GitHub Actions, the folder of the repository. */
  workspace?: string | undefined;
  /**
   * The number of this machine, from 1 to `count`, from the scheduler that started this process.
   *
   * @throws GeminiImageError of kind `usage` if no scheduler gives a number in this range.
   */
  shardNumber(count: number): number;
  /** The folders in which programs are looked for, as the system lists them. */
  searchPath?: string | undefined;
  /**
   * The system's folder for data that can be recreated.
   *
   * @throws GeminiImageError of kind `usage` if there is none.
   */
  cacheFolder(): Promise<string>;
}

/** The counts of a command, from which its exit code follows. */
export interface Tally {
  produced: number;
  failures: readonly ErrorKind[];
  /** For a command that judges claims: how many do not hold, and how many could not be judged. */
  claims?: { fail: number; unclear: number };
  /** Why the run ended early, if that decides the exit code. */
  ended?: ErrorKind;
}
