import { type GeminiImageError, interrupted } from '../domain/error.js';

/** How a run over several pictures ends before all of them were asked about. */
export interface RunStop {
  /** Aborted with the reason: no picture is begun any more, what is on its way may finish. */
  readonly signal: AbortSignal;
  /** Why the run ends, once it does. */
  readonly reason: GeminiImageError | undefined;
  /** Ends the run; the first reason counts. */
  end(reason: GeminiImageError): void;
  /** Whether an error only says that its picture was not asked about, since the run ends. */
  isReason(error: unknown): boolean;
}

/** @param signals each calls the run off where it is aborted. */
export function createRunStop(...signals: readonly AbortSignal[]): RunStop {
  const controller = new AbortController();
  let reason: GeminiImageError | undefined;
  const end = (why: GeminiImageError) => {
    reason ??= why;
    controller.abort(reason);
  };
  for (const signal of signals) {
    const callOff = () => end(interrupted(signal));
    if (signal.aborted) callOff();
    else signal.addEventListener('abort', callOff, { once: true });
  }
  return {
    signal: controller.signal,
    get reason() {
      return reason;
    },
    end,
    isReason: (error) => reason !== undefined && error === reason,
  };
}
