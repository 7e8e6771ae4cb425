import { GeminiImageError, isInterrupted } from '../../domain/error.js';
import { repetitionAfter, wasAnswered } from '../../domain/error-policy.js';
import type { TellOfAnswer } from '../../domain/events.js';
import type { Answer } from '../../domain/record.js';
import { type Bill, billOf, withBill } from '../../domain/usage.js';
import { type Climb, realClock, retryLadder } from '../../network/retry.js';
import { reasonToStop, type StopSignals } from '../../network/stop-signals.js';
import { Pacer, type PacerSettings } from './pacer.js';

/**
 * Called before each attempt; it may wait until there is money for the attempt, or throw. The
 * function that it returns is called with the outcome; with none if no attempt was made.
 */
export type Account = () => Promise<(outcome?: Answer | GeminiImageError) => void>;

/** How to ask one question until it is answered. */
export interface RepeatOptions {
  /** An estimate of its input tokens. */
  tokens: number;
  signals?: StopSignals | undefined;
  tell?: TellOfAnswer<'retry' | 'warning'> | undefined;
  account?: Account | undefined;
  /** Whether another attempt may follow a failure. */
  mayRepeat(): boolean;
}

/**
 * All questions of a client. They share one pace, and the outcome of one tells about the others.
 */
export interface Run {
  /**
   * Makes attempts, each when the pacer allows it, until one is answered. The usage of the result
   * or the error is that of all attempts.
   *
   * @throws GeminiImageError of the last attempt, or the reason of `stop`.
   */
  untilAnswered(attempt: () => Promise<Answer>, options: RepeatOptions): Promise<Answer>;
}

export interface RunSettings extends PacerSettings {
  retries: number;
  /**
   * Whether a limit of the service that may pass is waited for beyond these retries, as long as a
   * question may be tried.
   */
  waitsForLimits?: boolean | undefined;
  /** How long each question may be tried. */
  budgetMs?: number | undefined;
}

/** Creates the run of a client. It waits for nothing until a call is refused or limits are set. */
export function createRun(settings: RunSettings): Run {
  const { retries, budgetMs, waitsForLimits = false, clock = realClock } = settings;
  const pacer = new Pacer(settings);
  let questions = 0;
  let answers = 0;
  let lastAnswer = -Infinity;
  let isWaitTold = false;
  const noteAnswer = () => {
    answers += 1;
    lastAnswer = clock.now();
  };

  return {
    async untilAnswered(attempt, { tokens, signals, tell, account, mayRepeat }) {
      const place = questions++;
      let retryLater: Climb | undefined;
      /** How many answers the run had when each attempt began. */
      const begun: number[] = [];
      let bill: Bill | undefined;
      let failure: GeminiImageError | undefined;
      // If attempts were billed, report that rather than the end of the run before the next
      // attempt.
      const orBilled = (error: unknown): never => {
        throw failure?.usage && !signals?.abort.aborted ? failure : error;
      };
      for (;;) {
        const settle = await account?.().catch(orBilled);
        const waiting = { place, isRepetition: !!retryLater, tokens, signals };
        const turn = await pacer.turn(waiting).catch((error: unknown) => {
          settle?.();
          return orBilled(error);
        });
        // The first turn may take long, and the time for retries begins only now.
        retryLater ??= retryLadder({ retries, budgetMs, signal: signals?.stop, tell, clock });
        begun.push(answers);
        try {
          const answer = await attempt();
          settle?.(answer);
          noteAnswer();
          turn.answered(answer.usage);
          return bill ? withBill(answer, billOf(bill, answer)) : answer;
        } catch (error) {
          if (!(error instanceof GeminiImageError)) {
            settle?.();
            throw error;
          }
          settle?.(error);
          bill = billOf(bill, error);
          const failed = error.with({ usage: bill.usage, costUsd: bill.costUsd });
          failure = failed;
          if (wasAnswered(error)) noteAnswer();
          const waitMs = turn.failed(error);
          if (!mayRepeat() || signals?.stop.aborted) throw failed;
          const {
            lasts,
            isLongWait = false,
            ...repetition
          } = repetitionAfter(error, {
            everAnswered: answers > 0,
            answeredMeanwhile: answers > (begun.at(-2) ?? begun[0] ?? 0),
            lastAnswer,
            sinceAnswerMs: clock.now() - lastAnswer,
            waitsForLimits,
          });
          // Until then, the wait is short.
          if (isLongWait && retries > 0 && begun.length > retries && !isWaitTold) {
            isWaitTold = true;
            tell?.({ type: 'warning', topic: 'limit', message: longWait(error) });
          }
          await retryLater(failed, { ...repetition, ifLast: { lasts }, waitMs }).catch(
            (error: unknown) => {
              if (!signals?.stop.aborted || !isInterrupted(error)) throw error;
              return orBilled(reasonToStop(signals.stop));
            },
          );
        }
      }
    },
  };
}

function longWait({ message }: GeminiImageError): string {
  return `${message}. Waiting until it passes, up to ten minutes (--retries 0 does not wait)`;
}
