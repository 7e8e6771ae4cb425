import type { Readable } from 'node:stream';
import type { ErrorKind } from '../domain/error.js';
import type { Tell } from '../domain/events.js';
import type { ProxySettings } from '../domain/proxy.js';
import type { StopSignals } from '../network/stop-signals.js';

/** What a command may use of the world; `cli/` provides it, tests may too. */
export interface CommandContext {
  /** Standard input, and whether it is a pipe or a file rather than a terminal or nothing. */
  stdin: { stream(): Readable; isData: boolean };
  stdout: Output;
  /** Told of everything that the user should know meanwhile. */
  tell: Tell;
  /** Whether it is worth knowing early how many pictures there are, to show how far a run is. */
  showsTotal: boolean;
  /** The words of the command line, without the program. */
  args: readonly string[];
  /**
   * Ctrl-C stops at once, and aborts after the grace that was allowed; both happen at once when
   * nobody reads stdout any more.
   */
  signals: StopSignals;
  /** Whether the command ends since nobody reads stdout any more, or for a bug: not by Ctrl-C. */
  isUnread(): boolean;
  /** From now on, what is on its way has this long to finish after Ctrl-C. */
  allowGrace(ms: number): void;
  /** Said when a run turns out to be long: its memory must not grow any more. */
  keepMemorySmall(): void;
  /** How many files and connections the system lets this process have open, where that is known. */
  openFiles?: (() => number | undefined) | undefined;
  /** When the command began: prices are those of that day. */
  today: Date;
  /** Folds what was chosen, environment and .env into settings, strongest first. */
  settings(chosen: ServiceChoice): Promise<Settings>;
}

/** Stdout: data. */
export interface Output {
  isTerminal: boolean;
  /** Never rejects: a failure aborts the command and is reported at the end. */
  write(text: string): Promise<void>;
}

/** What the command line says of the service, before the environment and .env. */
export interface ServiceChoice {
  model?: string | undefined;
  baseUrl?: string | undefined;
}

export interface Settings {
  model: string;
  /** Whether a file has chosen the model, which may have another price. */
  isModelFromFile?: boolean;
  /** @throws GeminiImageError of kind `usage` where it may not be used. */
  baseUrl(): string;
  /** @throws GeminiImageError of kind `auth` where there is none; not every run needs one. */
  apiKey(): string;
  proxy: ProxySettings | undefined;
  /** The variable of a proxy that is set and not read, where none that is read is set. */
  unreadProxy?: string | undefined;
  /** The file that GitHub Actions shows at the end of a step, where this runs there. */
  stepSummary: string | undefined;
  /** Whether this runs in a step of GitHub Actions, which reads what is printed. */
  isGitHubStep?: boolean;
  /** The folder of the repository there. */
  workspace?: string | undefined;
  /**
   * The number of this machine among so many, from 1, by the scheduler that has started this process.
   *
   * @throws GeminiImageError of kind `usage` where none has, or its number is none of these.
   */
  shardNumber(count: number): number;
  /**
   * The folder in which the system keeps what this program can do without.
   *
   * @throws GeminiImageError of kind `usage` where there is none.
   */
  cacheFolder(): Promise<string>;
}

/** What came of a command, for the exit code. */
export interface Tally {
  produced: number;
  failures: readonly ErrorKind[];
  /** Of a command that judges claims: how many do not hold, and of how many it could not tell. */
  claims?: { fail: number; unclear: number };
  /** Why the run ended before all was done, where that decides on the exit code. */
  ended?: ErrorKind;
}
