/**
 * Where pictures are decoded: a process of its own, since native code can only be stopped by ending
 * the process in which it runs. It works on one picture at a time.
 */
import { type ErrorKind, GeminiImageError } from '../../domain/error.js';
import { type DecoderJob, type DecoderTask, type DecoderTasks, workOn } from './decoder-tasks.js';

/** An error as plain data. */
export type Failure =
  | { readonly kind: ErrorKind; readonly message: string; readonly hint: string | undefined }
  | { readonly bug: string };

/** What a decoder process says. */
export type FromDecoder =
  | { readonly result: DecoderTasks[DecoderTask]['gives'] }
  | { readonly failure: Failure }
  /** The memory that the process holds at the moment, in bytes. */
  | { readonly resident: number };

/** Memory can grow by a gigabyte in a second. */
const REPORT_EVERY_MS = 40;

async function answerTo(job: DecoderJob): Promise<FromDecoder> {
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

function send(message: FromDecoder): void {
  // If it fails nobody listens any more, and the end of the channel ends this process.
  process.send?.(message, undefined, undefined, () => {});
}

process.on('message', (job: DecoderJob) => {
  const report = () => send({ resident: process.memoryUsage.rss() });
  const reporting = setInterval(report, REPORT_EVERY_MS);
  answerTo(job).then((answer) => {
    clearInterval(reporting);
    // Before the answer, after which it is decided whether this process is kept.
    report();
    send(answer);
  });
});

// Native code would go on working for nobody.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
