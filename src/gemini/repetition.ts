import { GeminiImageError } from '../domain/error.js';
import type { Answer } from '../domain/record.js';
import { isUnreachable } from '../network/network-error.js';
import {
  type Climb,
  type Particulars,
  RETRY_BUDGET_MS,
  type RetrySettings,
  realClock,
  retryLadder,
} from '../network/retry.js';
import { createPacer, isAnswer, isRateLimit, type PacerSettings } from './pace.js';

/** How one question is to be asked until it is answered. */
export interface RepeatOptions {
  /** An estimate of its input. */
  tokens: number;
  signal?: AbortSignal | undefined;
  stop?: AbortSignal | undefined;
  onRetry?: RetrySettings['onRetry'];
  /** Whether a failure may be followed by another attempt. */
  mayRepeat(): boolean;
}

/** All questions of a client: they share one pace, and what one gets tells about the others. */
export interface Run {
  /**
   * Makes attempts, each in its turn, until one of them is answered.
   *
   * @throws GeminiImageError of the last attempt, or of kind `interrupted`; the reason of `stop`.
   */
  untilAnswered(attempt: () => Promise<Answer>, options: RepeatOptions): Promise<Answer>;
}

export interface RunSettings extends PacerSettings {
  retries: number;
}

/** What a failure is judged by, besides itself. */
interface Circumstances {
  /** Whether any call of the run was ever answered. */
  everAnswered: boolean;
  /** Whether another call was answered since the question's last attempt but one began. */
  answeredMeanwhile: boolean;
  /** When the last call was answered. */
  lastAnswer: number;
  sinceAnswerMs: number;
}

/** Rate limits are counted by the minute; after two and a half, one that stays is another limit. */
const QUOTA_WINDOWS_MS = 150_000;

/** Opens the run of a client; nothing is waited for before there is a reason to. */
export function createRun(settings: RunSettings): Run {
  const { retries, clock = realClock } = settings;
  const pacer = createPacer(settings);
  let questions = 0;
  let answers = 0;
  let lastAnswer = -Infinity;
  const noteAnswer = () => {
    answers += 1;
    lastAnswer = clock.now();
  };

  return {
    async untilAnswered(attempt, { tokens, signal, stop, onRetry, mayRepeat }) {
      const place = questions++;
      let climb: Climb | undefined;
      /** How many answers the run had when each attempt began. */
      const begun: number[] = [];
      for (;;) {
        const turn = await pacer.turn({ place, isRepetition: !!climb, tokens, signal, stop });
        // The turn can be long in coming, and the time for repetitions begins only now.
        climb ??= retryLadder({ retries, signal, onRetry, clock });
        begun.push(answers);
        try {
          const answer = await attempt();
          noteAnswer();
          turn.answered(answer.usage);
          return answer;
        } catch (error) {
          if (!(error instanceof GeminiImageError)) throw error;
          if (isAnswer(error)) noteAnswer();
          const waitMs = turn.failed(error);
          if (!mayRepeat() || stop?.aborted) throw error;
          const particulars = particularsOf(error, {
            everAnswered: answers > 0,
            answeredMeanwhile: answers > (begun.at(-2) ?? begun[0] ?? 0),
            lastAnswer,
            sinceAnswerMs: clock.now() - lastAnswer,
          });
          await climb(error, { ...particulars, waitMs, stop });
        }
      }
    },
  };
}

/** Which repetitions count, how long they may go on, and whether the run is over after the last. */
function particularsOf(
  error: GeminiImageError,
  { everAnswered, answeredMeanwhile, lastAnswer, sinceAnswerMs }: Circumstances,
): Particulars {
  const isTooLong = (error.retryAfterMs ?? 0) > RETRY_BUDGET_MS;
  if (isRateLimit(error)) {
    // As long as others get through, its turn will come; within a minute that is used up, nobody does.
    const isFree = answeredMeanwhile || sinceAnswerMs < QUOTA_WINDOWS_MS;
    return { isFree, since: lastAnswer, ifLast: { endsRun: isTooLong || !isFree } };
  }
  // What worked and now works for nobody is a train in a tunnel; it will come out again.
  const isOutage = everAnswered && !answeredMeanwhile;
  if (isUnreachable(error)) {
    return { isFree: isOutage, ifLast: { endsRun: isTooLong || !answeredMeanwhile } };
  }
  // Bad radio resets connections, or lets them hang.
  const mayBeOutage = error.httpStatus === undefined || error.httpStatus === 503;
  return { isFree: isOutage && mayBeOutage, ifLast: { endsRun: isTooLong } };
}
