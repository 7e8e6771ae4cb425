import type { CaptionListener } from '../domain/events.js';
import type { LoadOptions } from '../images/load.js';

/** What is wanted of every picture of a run. */
export interface CaptionTask {
  model: string;
  prompt: string;
  /** How pictures are read, and made fit to be sent. */
  load: LoadSettings;
  signal?: AbortSignal | undefined;
  listener?: CaptionListener | undefined;
  /**
   * Given where the answer is to be streamed: takes each piece as it arrives, and is waited for.
   * It must not throw; to stop, abort the signal.
   */
  onText?: ((text: string, image: string) => Promise<void>) | undefined;
}

export type LoadSettings = Omit<LoadOptions, 'signal' | 'onRetry'>;
