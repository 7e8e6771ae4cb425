import { type ChildProcess, fork } from 'node:child_process';
import { totalmem } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FromDecoder } from './decoder-process.js';
import type { DecoderJob } from './decoder-tasks.js';

const PROGRAM = fileURLToPath(new URL('./decoder-process.js', import.meta.url));

/** Names of variables that a process which reads foreign bytes must not get. */
const SECRET = /key|token|secret|passw|credential|auth/i;

/** How a decoder process ended by itself. */
export interface Ending {
  signal: NodeJS.Signals | null;
  /** Why it could not be started. */
  error?: Error;
}

export interface DecoderListener {
  said(message: FromDecoder): void;
  ended(ending: Ending): void;
}

/** The parent's side of a decoder process. */
export class DecoderChild {
  readonly #process: ChildProcess;
  #listener: DecoderListener | undefined;
  #ending: Ending | undefined;

  constructor() {
    this.#process = fork(PROGRAM, [], {
      serialization: 'advanced',
      // What a decoder prints must not get into the output.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [],
      // This folder stays, and a drawing finds no files of the user in it.
      cwd: dirname(PROGRAM),
      env: {
        // In glibc, threads of a decoder would each keep memory of their own, twice as much in all.
        MALLOC_ARENA_MAX: '1',
        ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !SECRET.test(name))),
      },
    });
    this.#process.on('message', (message: FromDecoder) => this.#listener?.said(message));
    this.#process.once('error', (error) => this.#end({ signal: null, error }));
    this.#process.once('exit', (_, signal) => this.#end({ signal }));
    this.rest();
  }

  get hasEnded(): boolean {
    return this.#ending !== undefined;
  }

  /** Hands a job over, and keeps this program alive until `rest`. */
  work(job: DecoderJob, listener: DecoderListener): void {
    this.#listener = listener;
    this.#process.ref();
    this.#process.channel?.ref();
    // If this fails, the process has ended, which is reported separately.
    if (this.#ending) listener.ended(this.#ending);
    else this.#process.send(job, () => {});
  }

  /** Stops listening, so that an idle process does not keep this program alive. */
  rest(): void {
    this.#listener = undefined;
    this.#process.unref();
    this.#process.channel?.unref();
  }

  /** Ends it at once, whatever it is doing. */
  kill(): void {
    this.rest();
    this.#process.kill('SIGKILL');
  }

  #end(ending: Ending): void {
    if (this.#ending) return;
    this.#ending = ending;
    this.#listener?.ended(ending);
  }
}

/** The memory of the machine, or of its container, in bytes. */
export function machineMemory(): number {
  const allowed = process.constrainedMemory?.() ?? 0;
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
}
