// The program of a decoder process, which works on one picture at a time. Decoders run in processes
// of their own, because native code can only be stopped by ending its process.
import { Socket } from 'node:net';
import { type ErrorKind, GeminiImageError } from '../../domain/error.js';
import { type DecoderJob, type DecoderTask, type DecoderTasks, workOn } from './decoder-tasks.js';

/** An error as plain data. */
export type Failure =
  | { readonly kind: ErrorKind; readonly message: string; readonly hint: string | undefined }
  | { readonly bug: string };

/** What comes of a job. */
export type DecoderResult = DecoderTasks[DecoderTask]['gives'];

/** The memory that the process holds at the moment, in bytes: by itself, it is a message too. */
export interface Memory {
  readonly resident: number;
}

type Answer = { readonly result: DecoderResult } | { readonly failure: Failure };

/** A message of a decoder process. */
export type FromDecoder = Memory | (Memory & Answer);

/** The same on its way, on which the bytes of a picture go by a pipe. */
export type MessageOnItsWay = FromDecoder | WithoutBytes;

export interface WithoutBytes extends Memory {
  readonly withoutBytes: Omit<Extract<DecoderResult, { bytes: Uint8Array }>, 'bytes'>;
  /** How many there are. */
  readonly bytesInPipe: number;
}

/** Its descriptor, as the parent says. */
const PIPE = Number(process.argv[2]);

/** Often, because memory can grow by a gigabyte in a second. */
const LOOK_EVERY_MS = 40;
/** Growing by less is not told. */
const TOLD_BYTES = 8_388_608;

async function answerTo(job: DecoderJob): Promise<Answer> {
  try {
    return { result: await workOn(job) };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof GeminiImageError) {
    const { kind, message, hint } = error;
    return { kind, message, hint };
  }
  return { bug: (error instanceof Error ? error.stack : undefined) ?? String(error) };
}

const pipe = new Socket({ fd: PIPE, readable: false, writable: true });
// The parent is gone.
pipe.on('error', () => {});

/** Sends bytes by the pipe: to copy them into a message and out of it takes twice as long. */
function sendAnswer(answer: Answer): void {
  const resident = process.memoryUsage.rss();
  if (!('result' in answer) || typeof answer.result !== 'object' || !('bytes' in answer.result)) {
    send({ resident, ...answer });
    return;
  }
  const { bytes, ...withoutBytes } = answer.result;
  send({ resident, withoutBytes, bytesInPipe: bytes.length });
  pipe.write(bytes);
}

function send(message: MessageOnItsWay): void {
  // If this fails, the parent is gone, and the end of the channel ends this process.
  process.send?.(message, undefined, undefined, () => {});
}

/** Reports the memory of this process until it is called off. */
function reporting(): () => void {
  let told = 0;
  const look = () => {
    const resident = process.memoryUsage.rss();
    if (Math.abs(resident - told) < TOLD_BYTES) return;
    told = resident;
    send({ resident });
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}

process.on('message', (job: DecoderJob) => {
  const stopReporting = reporting();
  answerTo(job).then((answer) => {
    stopReporting();
    sendAnswer(answer);
  });
});

// Without its parent, native code would go on working for nothing.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
