/**
 * What follows from a failure: whether another try is worth it, whether the run ends, and with which
 * exit code. Errors carry facts (their kind, the reason, what they are about); all that is decided
 * from facts is decided on this page. How long to wait before another try, `network/retry` knows.
 */

/** What a failure is about, and thereby which other questions of a run fail in the same way. */
export type About =
  /** One picture, its answer or its own file: the other pictures are not touched. */
  | 'picture'
  /** One request as it was put; another picture makes another request. */
  | 'question'
  /** What all questions of the run share: the key, the model, a setting, a limit, the output. */
  | 'run'
  /** The service, or the way to it. */
  | 'service';

/** The exit code of a command that fails with one kind alone. `docs/exit-codes.md` explains them. */
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

/** What failures of a kind are about where no reason says more; else they are about the question. */
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
   * Where it meets a service that worked before, it is taken for an outage: repetitions are not
   * counted until somebody gets an answer again.
   */
  mayBeOutage?: true;
  /** How often it is tried again at most, whatever `--retries` allows. */
  mostRepetitions?: number;
}

/** Reasons by which failures of one kind differ in what follows from them. */
const reasons = {
  // What passes.
  /** Too many requests, or tokens, for a while. */
  'rate limit': { about: 'service', passes: true },
  /** The same, of an answer that says nothing of a quota. */
  exhausted: { about: 'service', passes: true },
  /** The tier that may be shed at any time has no room now. */
  shed: { about: 'service', passes: true },
  /** More money than may be spent within ten minutes. */
  'spend rate': { about: 'service', passes: true },
  /** No connection came about. */
  unreachable: { about: 'service', passes: true, mayBeOutage: true },
  /** A connection or an answer broke off, or fell silent: bad radio does that, too. */
  'broken off': { about: 'service', passes: true, mayBeOutage: true },
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

  // What does not pass, and meets all questions.
  /** There is no such model, or not any more, or the base URL leads nowhere. */
  'not found': { about: 'run' },
  /** A setting that all requests of the run have. */
  'refused setting': { about: 'run' },
  /** A web page, a redirect, no HTTP answer at all, or a status that the API does not have. */
  'not the API': { about: 'service' },
  /** An answer in an encoding that cannot be undone. */
  undecodable: { about: 'service' },
  /** The proxy says no, wants a login that is not spoken here, or has no address. */
  proxy: { about: 'service' },
  /** A certificate that is not trusted, or no TLS. */
  untrusted: { about: 'service' },
  /** The file to which all answers go cannot be written. */
  output: { about: 'run' },
  /** An answer's own file cannot be written, since the disk is full or failed. */
  disk: { about: 'run' },
} as const satisfies Readonly<Record<string, Row>>;

export type Reason = keyof typeof reasons;

/** The facts from which everything here is decided. */
export interface Failure {
  kind: ErrorKind;
  reason?: Reason | undefined;
  /** What it is about, where its place knows that better than its reason. */
  about?: About | undefined;
  httpStatus?: number | undefined;
  /** How long the server asked to wait before the next attempt, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** That it passes in general, but did not for anybody while it was waited for. */
  lasts?: boolean | undefined;
}

/** Whether the same request may succeed later without any change. */
export function isPassing({ reason }: Failure): boolean {
  return rowOf(reason)?.passes ?? false;
}

/**
 * Whether every other call of the run would fail for the same reason: no use in going on. What
 * passes ends a run only after it was waited for in vain.
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

/** Whether the service took the call and answered it, although not as one would like. */
export function wasAnswered(failure: Failure): boolean {
  const { kind, httpStatus } = failure;
  if (kind === 'answer') return true;
  return (kind === 'input' || kind === 'usage') && httpStatus !== undefined && !endsRun(failure);
}

/** No repetition begins later than this after the first attempt did. */
export const RETRY_BUDGET_MS = 600_000;
/** The same where the tier may be shed at any time. */
export const FLEX_BUDGET_MS = 3_600_000;

/** Rate limits are counted by the minute; after two and a half, one that stays is another limit. */
const QUOTA_WINDOWS_MS = 150_000;

/** What the other calls of the run met. */
export interface Circumstances {
  /** Whether any call of the run was ever answered. */
  everAnswered: boolean;
  /** Whether another call was answered since the question's last attempt but one began. */
  answeredMeanwhile: boolean;
  /** When the last call was answered. */
  lastAnswer: number;
  sinceAnswerMs: number;
}

/** What holds for the repetition of an attempt that failed with something that passes. */
export interface Repetition {
  /** It is not one of those that `--retries` allows. */
  isFree: boolean;
  /** From when the time for repetitions is counted; from the beginning, where this is earlier. */
  since?: number;
  /** Whether the failure lasts, where this attempt was the last one. */
  lasts: boolean;
}

/** Which repetitions count, how long they may go on, and what is known after the last one. */
export function repetitionAfter(failure: Failure, others: Circumstances): Repetition {
  const { everAnswered, answeredMeanwhile, lastAnswer, sinceAnswerMs } = others;
  const isTooLong = (failure.retryAfterMs ?? 0) > RETRY_BUDGET_MS;
  if (isRateLimit(failure)) {
    // As long as others get through, its turn will come; within a minute that is used up, nobody does.
    const isSpending = failure.reason === 'spend rate';
    const windowMs = isSpending ? RETRY_BUDGET_MS : QUOTA_WINDOWS_MS;
    const goesOn = answeredMeanwhile || sinceAnswerMs < windowMs;
    // What is known to pass within the budget is waited for also where nothing was answered yet.
    return { isFree: goesOn || isSpending, since: lastAnswer, lasts: isTooLong || !goesOn };
  }
  // It is no limit of the run: who was shed waits alone, as long as the time for a picture allows.
  if (failure.reason === 'shed') return { isFree: true, lasts: !answeredMeanwhile };
  // What worked and now works for nobody is a train in a tunnel; it will come out again.
  const isOutage = everAnswered && !answeredMeanwhile;
  const isNobodyReached = failure.reason === 'unreachable' && !answeredMeanwhile;
  return {
    isFree: isOutage && (rowOf(failure.reason)?.mayBeOutage ?? false),
    lasts: isTooLong || isNobodyReached,
  };
}

/** Where the attempts at one answer stand after another one has failed. */
export interface Attempts {
  /** How many repetitions are allowed, and how many of them are used up. */
  retries: number;
  counted: number;
  /** Whether the next one does not count. */
  isFree: boolean;
  /** How many of them failed for the same reason as this one, itself included. */
  alike: number;
  /** How much of the time for repetitions is over when the next one would begin. */
  elapsedMs: number;
  /** That time; ten minutes by default. */
  budgetMs?: number | undefined;
}

/**
 * Why there is no other try: the failure does not pass, it came too often, or the attempts or the
 * time are used up.
 *
 * @returns undefined where there is one.
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
