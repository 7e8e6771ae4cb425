import { type GeminiImageError, interrupted } from '../domain/error.js';
import { onAbort } from '../network/abort.js';
import type { StopSignals } from '../network/stop-signals.js';

/**
 * Ends a run over pictures early. Its `stop` follows that of the user, and the run can stop for
 * reasons of its own; only the user's `abort` ends calls in progress.
 */
export interface RunStop extends StopSignals {
  /** Why the run ends, once it does. */
  readonly reason: GeminiImageError | undefined;
  /** Stops the run; the first reason counts. */
  end(reason: GeminiImageError): void;
  /** Whether an error only says that its picture was not asked about, since the run ends. */
  isReason(error: unknown): boolean;
  /** Removes its listener from the user's signal. Call it when the run is over. */
  close(): void;
}

/** @param user the signals of the command: their `stop` stops the run. */
export function createRunStop(user?: StopSignals): RunStop {
  const controller = new AbortController();
  let reason: GeminiImageError | undefined;
  const end = (why: GeminiImageError) => {
    reason ??= why;
    controller.abort(reason);
  };
  const follow = (stop: AbortSignal) => {
    const endWithUser = () => end(interrupted(stop));
    if (!stop.aborted) return onAbort(stop, endWithUser);
    endWithUser();
    return undefined;
  };
  const stopListening = user && follow(user.stop);
  return {
    stop: controller.signal,
    abort: user?.abort ?? new AbortController().signal,
    get reason() {
      return reason;
    },
    end,
    isReason: (error) => reason !== undefined && error === reason,
    close: () => stopListening?.(),
  };
}
