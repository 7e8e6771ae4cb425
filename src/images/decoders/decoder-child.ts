import { type ChildProcess, fork } from 'node:child_process';
import { Socket } from 'node:net';
import { totalmem } from 'node:os';
import { dirname } from 'node:path';
import { lend } from '../../domain/lent-memory.js';
import { ownProgram } from '../../own-files.js';
import type { FromDecoder, MessageOnItsWay, WithoutBytes } from './decoder-process.js';
import type { DecoderJob } from './decoder-tasks.js';

const PROGRAM = ownProgram('decoder-process');

/** The descriptor of a decoder process by which the bytes of pictures come back. */
const PIPE = 4;

/** Names of variables that a process which reads foreign bytes must not get. */
const SECRET = /key|token|secret|passw|credential|auth/i;

/**
 * Settings of glibc. Threads of a decoder would each keep memory of their own, twice as much in all; and what one photo has
 * freed is used for the next, as glibc would come to do by itself.
 */
const ALLOCATOR = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '33554432',
  MALLOC_TRIM_THRESHOLD_: '67108864',
};

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
  readonly #pipe: Socket | undefined;
  /** What has come by the pipe, and what the last message says of it. */
  #pieces: Uint8Array[] = [];
  #announced: WithoutBytes | undefined;
  #listener: DecoderListener | undefined;
  #ending: Ending | undefined;

  constructor() {
    this.#process = fork(PROGRAM, [String(PIPE)], {
      serialization: 'advanced',
      // What a decoder prints must not get into the output.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc', 'pipe'],
      execArgv: [],
      // This folder stays, and a drawing finds no files of the user in it.
      cwd: dirname(PROGRAM),
      env: {
        ...ALLOCATOR,
        ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !SECRET.test(name))),
      },
    });
    this.#process.on('message', (message: MessageOnItsWay) => this.#heard(message));
    // There is none if the process could not be started.
    const pipe = this.#process.stdio?.[PIPE];
    if (pipe instanceof Socket) this.#pipe = pipe;
    // The end of the process is reported separately.
    this.#pipe?.on('data', (bytes) => this.#took(bytes)).on('error', () => {});
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
    this.#pipe?.ref();
    // If it has ended or could not be started, that is reported separately.
    if (this.#ending) listener.ended(this.#ending);
    else if (this.#process.connected) this.#process.send(job, () => {});
  }

  /** Stops listening, so that an idle process does not keep this program alive. */
  rest(): void {
    this.#listener = undefined;
    this.#process.unref();
    this.#process.channel?.unref();
    this.#pipe?.unref();
  }

  /** Ends it at once, whatever it is doing. */
  kill(): void {
    this.rest();
    this.#process.kill('SIGKILL');
  }

  #heard(message: MessageOnItsWay): void {
    if (!('bytesInPipe' in message)) {
      this.#listener?.said(message);
      return;
    }
    this.#announced = message;
    this.#handBack();
  }

  #took(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#handBack();
  }

  /** Hands a result back once its message and all of its bytes are there, which come in any order. */
  #handBack(): void {
    if (!this.#announced) return;
    const { resident, withoutBytes, bytesInPipe } = this.#announced;
    const pieces = this.#pieces;
    if (pieces.reduce((sum, { length }) => sum + length, 0) < bytesInPipe) return;
    const bytes = lend(bytesInPipe);
    let at = 0;
    for (const piece of pieces) {
      if (at === bytesInPipe) break;
      const part = piece.subarray(0, bytesInPipe - at);
      bytes.set(part, at);
      at += part.length;
    }
    this.#pieces = [];
    this.#announced = undefined;
    this.#listener?.said({ resident, result: { ...withoutBytes, bytes } });
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
