import { InvalidArgumentError, Option } from 'commander';
import { errorCode, type GeminiImageError, usageError } from '../domain/error.js';
import { whyUnread } from '../domain/system-errors.js';
import type { CommandContext, Tally } from '../run/context.js';
import { readNamedText } from '../run/text-flag.js';
import type { CommandDefinition } from './definition.js';
import { addTalkFlags, type TalkFlags, wholeNumber } from './flags/values.js';

interface FailureRule {
  status: number;
  share: number;
  tier?: 'flex';
}

type UploadFault =
  | { kind: 'cut' | 'lost' | 'failed' | 'stuck'; nth: number }
  | { kind: 'refused'; nth: number; status: number };

interface BatchFault {
  kind: (typeof BATCH_FAULTS)[number];
  nth?: number;
}

const BATCH_FAULTS = [
  ...([
    '429',
    'limit0',
    'lost',
    'late',
    'unordered',
    'missing',
    'doubled',
    'rows',
    'schema',
  ] as const),
  ...(['partial', 'expired', 'failed', '503', 'cut'] as const),
] as const;

interface EmulatorFlags extends TalkFlags {
  port: number;
  latency: number;
  fail: readonly FailureRule[];
  failUpload: readonly UploadFault[];
  processing: number;
  batchTime: number;
  failBatch: readonly BatchFault[];
  answers?: string;
  log?: boolean;
}

const examples = `
Examples:
  gemini-image emulator
  gemini-image emulator --port 8080 --latency 200 --fail 429:0.3 --fail 503:0.1
  gemini-image emulator --fail-upload cut:2 --fail-upload failed:1
  gemini-image emulator --answers answers.json --log

A file of --answers is a list; of a question, the first item that applies is used:
  [{"prompt": "alt text", "answer": "A red boat."},
   {"picture": "photos/cat.jpg", "answer": "A cat.", "times": 1},
   {"model": "gemini-3.5-flash", "status": 429}]
  prompt    words of the prompt
  picture   a file, the name in the request, or the SHA-256 of what is sent
  answer    the text, or the JSON of an answer by a schema; or a status, or a
            finishReason such as SAFETY

What --fail-upload breaks, once, counted over all uploads:
  cut:2     the connection, in the middle of the 2nd chunk
  503:2     the 2nd chunk is refused with this status, of 400 to 599
  lost:1    the reply to the 1st upload that is complete
  failed:1  the 1st file ends FAILED
  stuck:1   the 1st file stays PROCESSING

What --fail-batch breaks in jobs of the Batch API; with :2 only at the 2nd one:
  429, limit0, lost          it is not made: queue full, no quota; its reply is lost
  late, unordered, missing   results come late, in disorder, without the last row
  doubled, rows, schema      a row twice, each third an error, camelCase ignored
  partial, expired, failed   half of its rows once cancelled; no results at all
  503, cut                   a look at it fails; the download breaks off

It takes any key that does not begin with "invalid". In another shell:
  export GEMINI_API_KEY=test GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:8080
  gemini-image describe photo.png`;

export const emulatorCommand: CommandDefinition = {
  define(command, run) {
    command
      .option(
        '--port <n>',
        'where to listen on 127.0.0.1; 0 is any free port',
        wholeNumber(0, 65_535),
        0,
      )
      .option('--latency <ms>', 'how long each answer takes', wholeNumber(0, 600_000), 0)
      .addOption(
        new Option(
          '--fail <status:share>',
          'fail a share of the requests, or with flex- before it of those to flex (repeatable)',
        )
          .argParser(addRule)
          .default([], 'none'),
      )
      .addOption(
        new Option('--fail-upload <what:n>', 'let an upload go wrong (repeatable), as told below')
          .argParser(addFault)
          .default([], 'none'),
      )
      .option(
        '--processing <ms>',
        'how long an uploaded file is not ready yet',
        wholeNumber(0, 600_000),
        0,
      )
      .option(
        '--batch-time <ms>',
        'how long a job of the Batch API takes',
        wholeNumber(0, 86_400_000),
        1000,
      )
      .addOption(
        new Option('--fail-batch <what[:n]>', 'let a job go wrong (repeatable), as told below')
          .argParser(addBatchFault)
          .default([], 'none'),
      );
    command
      .option('--answers <file>', 'answer as a JSON file says, as told below')
      .option('--log', 'print what is asked as JSON, a line each, without the pictures');
    addTalkFlags(command)
      .addHelpText('after', examples)
      .action((flags: EmulatorFlags) => run(flags, (context) => serve(flags, context)));
  },
};

/** Prints the URL and answers requests until it is interrupted, which is its normal end. */
async function serve(flags: EmulatorFlags, { stdout, signals }: CommandContext): Promise<Tally> {
  const { answers: file } = flags;
  const answers = file === undefined ? undefined : await readAnswers(file, signals.abort);
  const { log = false } = flags;
  const { startEmulator } = await import('../emulator/emulator.js');
  const { port } = flags;
  const emulator = await startEmulator({
    port,
    latency: flags.latency,
    fail: flags.fail,
    uploadFaults: flags.failUpload,
    processingMs: flags.processing,
    batchMs: flags.batchTime,
    batchFaults: flags.failBatch,
    answers,
    ...(log && { onAsked: (asked) => void stdout.write(`${JSON.stringify(asked)}\n`) }),
  }).catch((error: unknown) => {
    if (file === undefined || errorCode(error) !== undefined) throw cannotListen(port, error);
    const why = error instanceof Error ? error.message : String(error);
    throw usageError(`${file}: ${why}`, HOW_TO_SCRIPT, error);
  });
  try {
    await stdout.write(`${emulator.url}\n`);
    const { abort } = signals;
    if (!abort.aborted) {
      await new Promise((done) => abort.addEventListener('abort', done, { once: true }));
    }
  } finally {
    await emulator.close();
  }
  return { produced: 0, failures: ['interrupted'] };
}

const HOW_TO_SCRIPT = '"gemini-image emulator --help" shows how answers are written.';

async function readAnswers(file: string, signal: AbortSignal): Promise<readonly object[]> {
  const text = await readNamedText(file, 'the answers', signal);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw usageError(`${file} is no JSON: ${whyNoJson(error)}`, HOW_TO_SCRIPT, error);
  }
  if (Array.isArray(value)) return value;
  throw usageError(`${file} is no list of answers`, HOW_TO_SCRIPT);
}

function whyNoJson(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function addRule(value: string, rules: readonly FailureRule[]): readonly FailureRule[] {
  const [, tier, status, share] = /^(flex-)?(\d{3}):(\d*\.?\d+)$/.exec(value) ?? [];
  const rule: FailureRule = {
    status: Number(status),
    share: Number(share),
    ...(tier !== undefined && { tier: 'flex' }),
  };
  if (rule.status >= 400 && rule.status <= 599 && rule.share > 0 && rule.share <= 1) {
    return [...rules, rule];
  }
  throw new InvalidArgumentError(
    'Give a status from 400 to 599 and a share up to 1, such as 429:0.3, or flex-503:0.3 for what asks for the tier flex.',
  );
}

function addFault(value: string, faults: readonly UploadFault[]): readonly UploadFault[] {
  const [, what = '', count] = /^(\w+):([1-9]\d{0,5})$/.exec(value) ?? [];
  const nth = Number(count);
  switch (what) {
    case 'cut':
    case 'lost':
    case 'failed':
    case 'stuck':
      return [...faults, { kind: what, nth }];
    default:
      if (/^[45]\d\d$/.test(what)) {
        return [...faults, { kind: 'refused', nth, status: Number(what) }];
      }
      throw new InvalidArgumentError(
        'Give cut, lost, failed, stuck or a status, and which one, such as cut:2 or 503:1.',
      );
  }
}

function addBatchFault(value: string, faults: readonly BatchFault[]): readonly BatchFault[] {
  const [, what = '', nth] = /^(\w+)(?::([1-9]\d{0,5}))?$/.exec(value) ?? [];
  const kind = BATCH_FAULTS.find((known) => known === what);
  if (kind !== undefined) return [...faults, { kind, ...(nth && { nth: Number(nth) }) }];
  throw new InvalidArgumentError(`Give one of ${BATCH_FAULTS.join(', ')}, such as lost:1.`);
}

function cannotListen(port: number, error: unknown): GeminiImageError {
  const code = errorCode(error);
  const known = code === 'EADDRINUSE' ? 'it is in use' : whyUnread(error);
  const why = code === undefined ? String(error) : known;
  return usageError(
    `cannot listen on port ${port}: ${why}`,
    'Choose another one with --port, or 0 for any free one.',
    error,
  );
}
