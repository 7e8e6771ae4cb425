import type { GeminiImageError } from '../../domain/error.js';

/** What a failed call to create a job means for the job. */
export type Refusal =
  /** There is none, and the same call may succeed some minutes later. */
  | 'queue full'
  /** There is none, and the same call will never succeed. */
  | 'final'
  /** The call did not reach the service. */
  | 'not sent'
  /** There may be one: the reply was lost, or the service failed on the way. */
  | 'in doubt';

export function refusalOf({ reason, kind, httpStatus, retryable }: GeminiImageError): Refusal {
  if (httpStatus === 429) return retryable ? 'queue full' : 'final';
  if (reason === 'unreachable' || reason === 'proxy failed') return 'not sent';
  if (reason === 'untrusted' || reason === 'proxy') return 'final';
  const isRefused = isBetween(400, httpStatus, 499) && httpStatus !== 408;
  return isRefused || kind !== 'service' ? 'final' : 'in doubt';
}

function isBetween(least: number, value: number | undefined, most: number): boolean {
  return value !== undefined && value >= least && value <= most;
}

const PAID_ONLY =
  /\b(?:free[ -]?tier|free[ -]?of[ -]?charge|paid[ -]?tier|billing (?:is not|must be|account)|enable billing|(?:not|un)available (?:on|in|for) the free)\b/i;
const NO_SUCH_FIELD = /no such field: '?store'?/i;
const BAD_LINE = /\berror on line \d+/i;
const FILE = /\bfiles?\b/i;

/** The error of a job that was not created, in words about jobs. */
export function batchRefusal(error: GeminiImageError, model: string): GeminiImageError {
  const { message, httpStatus, kind } = error;
  if (NO_SUCH_FIELD.test(message)) {
    return error.with({
      kind: 'usage',
      hint: 'This server does not take "store": false; with --store, questions go without it, and may be kept.',
    });
  }
  if (BAD_LINE.test(message)) {
    return error.with({
      kind: 'usage',
      message: `the service refuses the questions of the job: ${afterColon(message)}`,
      hint: 'The whole job is refused for one line; nothing was asked, and nothing is billed.',
    });
  }
  const isNoQuota = httpStatus === 429 && /\blimit: 0\b/.test(message);
  if (isNoQuota || (isFinalStatus(httpStatus) && PAID_ONLY.test(message))) {
    return error.with({
      kind: 'quota',
      reason: undefined,
      message: `this key's project may not create batch jobs with ${model}: ${afterColon(message)}`,
      hint: 'Batch jobs are a feature of the paid tier: enable billing, or leave out --batch.',
    });
  }
  if (httpStatus === 429 && error.retryable) {
    return error.with({
      message: `no more batch jobs are taken now (429): ${afterColon(message)}`,
      hint: 'Jobs of the project that are not finished count. Run the same command again later: what is prepared is kept.',
    });
  }
  if (kind === 'service' && httpStatus === 403 && FILE.test(message)) {
    return error.with({
      message: `the uploaded questions are gone (403): ${afterColon(message)}`,
      hint: 'Run the same command again, which uploads them anew: uploads expire after 48 hours.',
    });
  }
  return error;
}

function isFinalStatus(status: number | undefined): boolean {
  return status === 400 || status === 403 || status === 429;
}

/** What the service said, without our own words before it. */
function afterColon(message: string): string {
  return message.replace(/^[^:]*\(\d{3}\): /, '');
}
