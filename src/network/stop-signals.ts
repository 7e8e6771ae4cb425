import { GeminiImageError, interrupted } from '../domain/error.js';

/**
 * How work ends before it is done, in two steps. `abort` is never aborted without `stop`: a wait
 * for something new listens to `stop` alone, and an attempt that is on its way to `abort` alone.
 */
export interface StopSignals {
  /** No new work begins, and waiting for it ends. Its reason says why. */
  readonly stop: AbortSignal;
  /** What is on its way ends now. */
  readonly abort: AbortSignal;
}

/** For work that has no grace: one signal stops and aborts it. */
export function withoutGrace(signal: AbortSignal): StopSignals {
  return { stop: signal, abort: signal };
}

/** Why no new work begins; a program that passes a signal may give any reason, or none. */
export function reasonToStop(stop: AbortSignal): GeminiImageError {
  return stop.reason instanceof GeminiImageError ? stop.reason : interrupted(stop);
}

/** @throws GeminiImageError, the reason of `stop`, where no new work may begin. */
export function throwIfStopped(signals: Pick<StopSignals, 'stop'> | undefined): void {
  if (signals?.stop.aborted) throw reasonToStop(signals.stop);
}
