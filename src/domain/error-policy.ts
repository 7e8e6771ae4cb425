// What follows from a failure: whether another try is worth it, whether the run ends, and the exit
// code. Errors carry facts (their kind, their reason, what they are about); this file decides from
// those facts. `network/retry.ts` decides how long to wait before another try.

/** What a failure is about. It tells which other questions of the run will fail in the same way. */
export type About =
  /** One picture, its answer or its own file: the other pictures are not touched. */
  | 'picture'
  /** One request as it was put; another picture makes another request. */
  | 'question'
  /** What all questions of the run share: the key, the model, a setting, a limit, the output. */
  | 'run'
  /** The service, or the way to it. */
  | 'service';

/** The exit code of a command whose failures are all of one kind; see `docs/exit-codes.md`. */
export const exitCodeOf = {
  usage: 2,
  input: 2,
  auth: 4,
  quota: 5,
  service: 6,
  answer: 7,
  pending: 8,
  internal: 70,
  interrupted: 130,
} as const satisfies Readonly<Record<string, number>>;

/** Every way a run can go wrong, named as users see it in records and exit codes. */
export type ErrorKind = keyof typeof exitCodeOf;

/** What failures of a kind are about if they have no reason; other kinds are about the question. */
const aboutOfKind: Readonly<Partial<Record<ErrorKind, About>>> = {
  input: 'picture',
  auth: 'run',
  quota: 'run',
};

/** What is known of failures that have the same reason. */
interface Row {
  about: About;
  /** The same request may succeed later without any change. */
  passes?: true;
  /**
   * If the service worked before, this failure is taken for an outage: repetitions are not counted
   * until some call gets an answer again.
   */
  mayBeOutage?: true;
  /** How often it is tried again at most, whatever `--retries` allows. */
  mostRepetitions?: number;
}

/** Reasons by which failures of one kind differ in what follows from them. */
const reasons = {
  // Failures that pass.
  /** Too many requests, or tokens, for a while. */
  'rate limit': { about: 'service', passes: true },
  /** The same, from an answer that does not name a quota. */
  exhausted: { about: 'service', passes: true },
  /** The tier that may be shed at any time has no room now. */
  shed: { about: 'service', passes: true },
  /** More money than may be spent within ten minutes. */
  'spend rate': { about: 'service', passes: true },
  /** No connection came about. */
  unreachable: { about: 'service', passes: true, mayBeOutage: true },
  /** A connection or an answer broke off or fell silent, as on a bad mobile network. */
  'broken off': { about: 'service', passes: true, mayBeOutage: true },
  /** Nothing came within the time limit. */
  'no answer': { about: 'service', passes: true, mayBeOutage: true },
  overloaded: { about: 'service', passes: true, mayBeOutage: true },
  /** The service, or a gateway before it, failed at this request. */
  'failed inside': { about: 'service', passes: true },
  /** The proxy could not connect. */
  'proxy failed': { about: 'service', passes: true, mayBeOutage: true },
  /** The model stopped, and gave no reason. */
  'stopped without reason': { about: 'question', passes: true },
  /** A finished answer without a word. */
  'said nothing': { about: 'question', passes: true, mostRepetitions: 2 },
  /** The server from which a picture is fetched is busy, or broke off. */
  'picture server': { about: 'picture', passes: true },

  // Failures that do not pass and concern all questions.
  /** There is no such model, or not any more, or the base URL leads nowhere. */
  'not found': { about: 'run' },
  /** A setting that all requests of the run have. */
  'refused setting': { about: 'run' },
  /** A web page, a redirect, no HTTP answer at all, or a status that the API does not have. */
  'not the API': { about: 'service' },
  /** An answer in an encoding that cannot be undone. */
  undecodable: { about: 'service' },
  /** The proxy refused, wants a kind of login that is not supported, or its host is unknown. */
  proxy: { about: 'service' },
  /** A certificate that is not trusted, or no TLS. */
  untrusted: { about: 'service' },
  /** The file to which all answers go cannot be written. */
  output: { about: 'run' },
  /** An answer's own file cannot be written, because the disk is full or failed. */
  disk: { about: 'run' },
} as const satisfies Readonly<Record<string, Row>>;

export type Reason = keyof typeof reasons;

/** The facts from which everything here is decided. */
export interface Failure {
  kind: ErrorKind;
  reason?: Reason | undefined;
  /** What it is about, if the code that threw it knows that better than its reason tells. */
  about?: About | undefined;
  httpStatus?: number | undefined;
  /** How long the server asked to wait before the next attempt, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** True if such failures pass, but this one did not pass for any call while the run waited. */
  lasts?: boolean | undefined;
}

/** Whether the same request may succeed later without any change. */
export function isPassing({ reason }: Failure): boolean {
  return rowOf(reason)?.passes ?? false;
}

/**
 * Whether every other call of the run would fail for the same reason, so that going on is no use. A
 * failure that passes ends a run only after waiting for it was in vain.
 */
export function endsRun(failure: Failure): boolean {
  const about = failure.about ?? rowOf(failure.reason)?.about ?? aboutOfKind[failure.kind];
  const isForAll = about === 'run' || about === 'service';
  return isForAll && (!isPassing(failure) || failure.lasts === true);
}

/** Whether it is a limit that passes when the run slows down. */
export function isRateLimit({ reason }: Failure): boolean {
  return reason === 'rate limit' || reason === 'exhausted' || reason === 'spend rate';
}

/** Whether the service took the call and answered it, though with a failure. */
export function wasAnswered(failure: Failure): boolean {
  const { kind, httpStatus } = failure;
  if (kind === 'answer') return true;
  return (kind === 'input' || kind === 'usage') && httpStatus !== undefined && !endsRun(failure);
}

/** No repetition begins later than this after the first attempt did. */
export const RETRY_BUDGET_MS = 600_000;
/** The same for the tier that may be shed at any time. */
export const FLEX_BUDGET_MS = 3_600_000;

/** Rate limits are counted by the minute; one that stays for longer than this is another limit. */
const QUOTA_WINDOWS_MS = 150_000;

/** What happened to the other calls of the run. */
export interface Circumstances {
  /** Whether any call of the run was ever answered. */
  everAnswered: boolean;
  /** Whether another call was answered since the question's last attempt but one began. */
  answeredMeanwhile: boolean;
  /** When the last call was answered. */
  lastAnswer: number;
  sinceAnswerMs: number;
  /** Whether limits are waited for as long as a picture may take, even before any answer. */
  waitsForLimits: boolean;
}

/** How an attempt is repeated whose failure passes. */
export interface Repetition {
  /** It does not count against `--retries`. */
  isFree: boolean;
  /** It is free although no call gets through: the wait may be long. */
  isLongWait?: boolean;
  /** When the time for repetitions begins to count; the first attempt's start, if that is later. */
  since?: number;
  /** Whether the failure lasts, if this attempt was the last one. */
  lasts: boolean;
}

/** Which repetitions count, how long they may go on, and what is known after the last one. */
export function repetitionAfter(failure: Failure, others: Circumstances): Repetition {
  const { everAnswered, answeredMeanwhile, lastAnswer, sinceAnswerMs, waitsForLimits } = others;
  const isTooLong = (failure.retryAfterMs ?? 0) > RETRY_BUDGET_MS;
  if (isRateLimit(failure)) {
    // While other calls get through, this one will too. Within a minute that is used up, none does.
    const isSpending = failure.reason === 'spend rate';
    const windowMs = isSpending ? RETRY_BUDGET_MS : QUOTA_WINDOWS_MS;
    const goesOn = answeredMeanwhile || sinceAnswerMs < windowMs;
    // A spend rate is known to pass within the budget, and other limits may; so both are waited for
    // before any answer too.
    const isFree = goesOn || isSpending || waitsForLimits;
    const isLongWait = isFree && !goesOn && !isTooLong;
    return { isFree, isLongWait, since: lastAnswer, lasts: isTooLong || !goesOn };
  }
  // Not a limit of the run: only the call that was shed waits, within the time for its picture.
  if (failure.reason === 'shed') return { isFree: true, lasts: !answeredMeanwhile };
  // A service that worked and now works for no call is taken for an outage, like a train in a tunnel.
  const isOutage = everAnswered && !answeredMeanwhile;
  const isNobodyReached = failure.reason === 'unreachable' && !answeredMeanwhile;
  return {
    isFree: isOutage && (rowOf(failure.reason)?.mayBeOutage ?? false),
    lasts: isTooLong || isNobodyReached,
  };
}

/** The state of the attempts at one answer after another one has failed. */
export interface Attempts {
  /** How many repetitions are allowed, and how many of them are used up. */
  retries: number;
  counted: number;
  /** Whether the next one does not count. */
  isFree: boolean;
  /** How many of them failed for the same reason as this one, itself included. */
  alike: number;
  /** How much of the time for repetitions will be over when the next one begins. */
  elapsedMs: number;
  /** That time; ten minutes by default. */
  budgetMs?: number | undefined;
}

/**
 * Why there is no other attempt: the failure does not pass, it came too often, or the attempts or
 * the time are used up.
 *
 * @returns undefined if there is another attempt.
 */
export function whyNoOtherTry(
  failure: Failure,
  { retries, counted, isFree, alike, elapsedMs, budgetMs = RETRY_BUDGET_MS }: Attempts,
): 'lasting' | 'too often' | 'attempts' | 'time' | undefined {
  if (!isPassing(failure)) return 'lasting';
  if (alike > (rowOf(failure.reason)?.mostRepetitions ?? Infinity)) return 'too often';
  if (retries === 0 || (!isFree && counted >= retries)) return 'attempts';
  return elapsedMs > budgetMs ? 'time' : undefined;
}

function rowOf(reason: Reason | undefined): Row | undefined {
  return reason === undefined ? undefined : reasons[reason];
}
