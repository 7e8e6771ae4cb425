import { availableParallelism } from 'node:os';
import { GeminiImageError, inputError, interrupted } from '../../domain/error.js';
import { onAbort } from '../../network/abort.js';
import { DecoderChild, type Ending, machineMemory } from './decoder-child.js';
import type { DecoderResult, Failure, FromDecoder } from './decoder-process.js';
import type { DecoderJob, DecoderTasks } from './decoder-tasks.js';

/** How much a run may spend on decoding. */
export interface DecodeLimits {
  /** For one picture, in milliseconds; by default 10 seconds for a drawing and 30 for others. */
  timeoutMs?: number | undefined;
  /** For all pictures that are decoded at a time, in bytes. */
  memoryBytes?: number | undefined;
}

/** The limits for one picture. */
export interface Allowance {
  timeoutMs: number;
  /** The memory that it is expected to take, in bytes. */
  memory: number;
  /** The memory that all pictures together may take, in bytes. */
  budget: number;
  /** Pixels that WebAssembly decodes, which keeps each of them in memory several times. */
  heavyPixels?: number;
  signal: AbortSignal | undefined;
  /** Whether it could be sent without being decoded. */
  canGoAsItIs?: boolean;
}

const MOST_MEMORY = 2_000_000_000;
/** The least budget, also on small machines: a photo of a phone takes half of it. */
const LEAST_MEMORY = 512_000_000;

/** A quarter of the machine's memory, at most 2 GB. */
export function defaultBudget(): number {
  return Math.min(Math.max(machineMemory() / 4, LEAST_MEMORY), MOST_MEMORY);
}

/** At least two, so that one slow picture does not block all others. */
const MAX_PROCESSES = Math.max(2, availableParallelism());

/**
 * Of pictures that WebAssembly decodes, at some 20 bytes a pixel: the pixels of those that are decoded beside
 * one another. A photo of a phone goes alone, so that a run over many of them stays below 500 MB.
 */
const MAX_HEAVY_PIXELS = 10_000_000;

/** A process that is idle for longer, or has grown larger, is ended. */
const MAX_REST_MS = 15_000;
const MAX_RESTING_MEMORY = 200_000_000;

/** How many pictures may overtake one that waits for memory. */
const MAX_PASSED_OVER = 64;

/** One job on its way. */
interface Work {
  readonly job: DecoderJob;
  readonly allowance: Allowance;
  /** The memory that is set aside for it. */
  reserved: number;
  /** The memory that its process reported last. */
  resident: number;
  passedOver: number;
  /** Whether it was ended once already because it took more memory than there was. */
  isSecondTry: boolean;
  child?: DecoderChild;
  timer?: NodeJS.Timeout;
  settle(outcome: Outcome): void;
}

type Outcome = { result: DecoderResult } | { error: Error };

/**
 * A pool of decoder processes, limited by the number of cores and by the memory budget. A picture that
 * takes too long or too much memory is ended together with its process.
 */
export class DecoderPool {
  readonly #resting = new Map<DecoderChild, NodeJS.Timeout>();
  readonly #running = new Set<Work>();
  readonly #waiting: Work[] = [];

  /**
   * @throws GeminiImageError as the work does; of kind `input` if it takes too long or too much
   *   memory, or its decoder crashes; of kind `interrupted`.
   */
  async run<Job extends DecoderJob>(
    job: Job,
    allowance: Allowance,
  ): Promise<DecoderTasks[Job['task']]['gives']> {
    const { signal, memory, budget } = allowance;
    if (signal?.aborted) throw interrupted(signal);
    if (memory > budget) throw tooHeavy(memory, allowance);
    return new Promise((resolve, reject) => {
      let stopListening = () => {};
      const work: Work = {
        job,
        allowance,
        reserved: memory,
        resident: 0,
        passedOver: 0,
        isSecondTry: false,
        settle: (outcome) => {
          stopListening();
          if ('error' in outcome) reject(outcome.error);
          else resolve(outcome.result);
        },
      };
      if (signal) stopListening = onAbort(signal, () => this.#callOff(work));
      this.#waiting.push(work);
      this.#beginNext();
    });
  }

  #beginNext(): void {
    for (let next = this.#nextThatFits(); next; next = this.#nextThatFits()) this.#begin(next);
  }

  /** The next job: in order, except that small ones may overtake one for which there is no room. */
  #nextThatFits(): Work | undefined {
    if (this.#running.size >= MAX_PROCESSES) return undefined;
    const running = [...this.#running];
    const reserved = sum(running.map((work) => work.reserved));
    const heavy = sum(running.map(({ allowance }) => allowance.heavyPixels ?? 0));
    const fits = ({ reserved: own, allowance: { budget, heavyPixels = 0 } }: Work) =>
      reserved + own <= budget &&
      (heavy === 0 || heavyPixels === 0 || heavy + heavyPixels <= MAX_HEAVY_PIXELS);
    for (const [index, work] of this.#waiting.entries()) {
      if (running.length === 0 || fits(work)) {
        for (const before of this.#waiting.slice(0, index)) before.passedOver += 1;
        this.#waiting.splice(index, 1);
        return work;
      }
      if (work.passedOver >= MAX_PASSED_OVER) return undefined;
    }
    return undefined;
  }

  #begin(work: Work): void {
    const child = this.#takeResting() ?? new DecoderChild();
    work.child = child;
    work.resident = 0;
    work.timer = setTimeout(
      () => this.#kill(work, tooSlow(work.allowance)),
      work.allowance.timeoutMs,
    );
    this.#running.add(work);
    child.work(work.job, {
      said: (message) => this.#heard(work, message),
      ended: (ending) => this.#hasCrashed(work, ending),
    });
  }

  #heard(work: Work, message: FromDecoder): void {
    const { resident } = message;
    if (!('result' in message || 'failure' in message)) {
      work.resident = resident;
      this.#watchMemory(work.allowance.budget);
      return;
    }
    const outcome = 'result' in message ? message : { error: errorOf(message.failure) };
    const { child } = work;
    child?.rest();
    if (child && resident > this.#mostKept(work.allowance)) child.kill();
    else if (child) this.#resting.set(child, this.#endLater(child));
    this.#end(work, outcome);
  }

  /**
   * The memory with which a process may go on. If another picture waits, it is more, because starting
   * anew takes as long as decoding a photo, and what is free in a process is used again.
   */
  #mostKept({ budget, heavyPixels = 0 }: Allowance): number {
    if (this.#waiting.length === 0 || heavyPixels > 0) return MAX_RESTING_MEMORY;
    return Math.max(MAX_RESTING_MEMORY, budget / MAX_PROCESSES / 2);
  }

  /** If the budget is exceeded, ends the job that exceeds its own reserve the most. */
  #watchMemory(budget: number): void {
    const running = [...this.#running];
    if (sum(running.map(({ resident }) => resident)) <= budget) return;
    const excess = (work: Work) => work.resident - work.reserved;
    const [worst] = running.sort((one, other) => excess(other) - excess(one));
    if (!worst) return;
    if (running.length === 1 || worst.isSecondTry) {
      this.#kill(worst, tooLarge(worst.allowance));
      return;
    }
    this.#tryAgain(worst);
  }

  /** A system without memory kills what takes most of it, which may have been a good picture. */
  #hasCrashed(work: Work, ending: Ending): void {
    const { signal } = work.allowance;
    if (ending.signal === 'SIGKILL' && !work.isSecondTry && !signal?.aborted) this.#tryAgain(work);
    else this.#end(work, { error: crashed(ending, signal) });
  }

  /** There may be more room later. No more than half: what lies about its size holds up no others. */
  #tryAgain(work: Work): void {
    const { reserved, resident, allowance } = work;
    const wanted = Math.max(reserved, Math.min(2 * resident, allowance.budget / 2));
    this.#stop(work);
    this.#waiting.push(Object.assign(work, { isSecondTry: true, reserved: wanted }));
    this.#beginNext();
  }

  #callOff(work: Work): void {
    const index = this.#waiting.indexOf(work);
    if (index >= 0) this.#waiting.splice(index, 1);
    this.#kill(work, interrupted(work.allowance.signal));
  }

  #kill(work: Work, error: GeminiImageError): void {
    this.#stop(work);
    this.#end(work, { error });
  }

  #stop(work: Work): void {
    work.child?.kill();
    clearTimeout(work.timer);
    this.#running.delete(work);
  }

  #end(work: Work, outcome: Outcome): void {
    clearTimeout(work.timer);
    this.#running.delete(work);
    work.settle(outcome);
    this.#beginNext();
  }

  #takeResting(): DecoderChild | undefined {
    for (const [child, timer] of this.#resting) {
      clearTimeout(timer);
      this.#resting.delete(child);
      if (!child.hasEnded) return child;
    }
    return undefined;
  }

  #endLater(child: DecoderChild): NodeJS.Timeout {
    const end = () => {
      this.#resting.delete(child);
      child.kill();
    };
    return setTimeout(end, MAX_REST_MS).unref();
  }
}

/** The one pool of this program, because memory and cores belong to the machine. */
export const decoderPool = new DecoderPool();

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function errorOf(failure: Failure): Error {
  if (!('bug' in failure)) return new GeminiImageError(failure);
  const [message = ''] = failure.bug.split('\n');
  return Object.assign(new Error(message), { stack: failure.bug });
}

function crashed({ signal, error }: Ending, caller: AbortSignal | undefined): GeminiImageError {
  // Ctrl-C reaches all processes of a terminal, perhaps the decoder before its parent.
  if (signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGHUP')
    return interrupted(caller);
  if (error) {
    return inputError(
      `no process can be started to decode it: ${error.message}`,
      'End other programs, or start again with a lower --concurrency.',
      error,
    );
  }
  return inputError(
    `its decoder crashed${signal ? ` (${signal})` : ''}`,
    'Open it in a viewer to see what is left of it, or copy it again.',
  );
}

function tooSlow(allowance: Allowance): GeminiImageError {
  const seconds = allowance.timeoutMs / 1000;
  return inputError(
    `it takes longer than ${seconds} ${seconds === 1 ? 'second' : 'seconds'} to decode`,
    `${otherwise(allowance, 'Convert')}, or give it more time with --decode-timeout.`,
  );
}

function tooLarge(allowance: Allowance): GeminiImageError {
  return inputError(
    `it takes more than ${amount(allowance.budget)} of memory to decode`,
    `${otherwise(allowance, 'Shrink')}, or give it more with --decode-memory <mb>.`,
  );
}

function tooHeavy(memory: number, allowance: Allowance): GeminiImageError {
  const { budget } = allowance;
  return inputError(
    `it would take about ${amount(memory)} of memory to decode; at most ${amount(budget)} are used`,
    `${otherwise(allowance, 'Shrink')}, or give it more with --decode-memory <mb>.`,
  );
}

function otherwise({ canGoAsItIs }: Allowance, what: 'Convert' | 'Shrink'): string {
  return canGoAsItIs === true
    ? `Send it as it is with --original, ${what.toLowerCase()} it with another program first`
    : `${what} it with another program first`;
}

function amount(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
