import type { Brief } from '../domain/brief.js';
import type { CaptionListener } from '../domain/events.js';
import type { ModelSettings, Tier } from '../domain/model-settings.js';
import type { Bill } from '../domain/usage.js';
import type { LoadOptions } from '../images/load.js';
import type { StopSignals } from '../network/stop-signals.js';
import type { AnswerCache } from '../storage/answer-cache.js';
import type { Budget } from './budget.js';
import type { CallSlots } from './concurrency.js';
import type { EqualPictures } from './equal-pictures.js';

/** What is wanted of every picture of a run. */
export interface Task {
  model: string;
  /** What is asked, and what the answer has to keep to. */
  brief: Brief;
  settings?: ModelSettings | undefined;
  /** The service tier, which is no part of the question but takes room in its request. */
  tier?: Tier | undefined;
  /** How often each question is asked, 1 by default: the brief concludes from all answers. */
  votes?: number | undefined;
  /** Whether a server on this machine is asked, whose answers are not taken for Gemini's later. */
  isLocal?: boolean | undefined;
  /** Whether that is the emulator inside this process, whose answers count for nobody else's. */
  isOffline?: boolean | undefined;
  /** How pictures are read, and made fit to be sent. */
  load: LoadSettings;
  /**
   * After `stop` no picture is loaded and no call of the API begins any more, and who waits for one
   * is given its reason. Calls and uploads that are on their way go on until `abort`.
   */
  signals?: StopSignals | undefined;
  /** Where more pictures are prepared than may be asked about at once. */
  slots?: CallSlots | undefined;
  /** Finished answers of earlier runs, where they may be used. */
  cache?: AnswerCache | undefined;
  /** Where equal pictures are asked about only once. */
  equals?: EqualPictures | undefined;
  /** Where the run may cost only so much. */
  budget?: Budget | undefined;
  /** Takes each attempt that was billed, whatever came of it. */
  onBilled?: ((bill: Bill) => void) | undefined;
  tell?: CaptionListener | undefined;
  /**
   * Given where the answer is to be streamed: takes each piece as it arrives, and is waited for.
   * It must not throw; to stop, abort the signals.
   */
  onText?: ((text: string, image: string) => Promise<void>) | undefined;
  /** Whether nobody sees the text early, so that a stream that breaks may be asked for again. */
  isUnseen?: boolean | undefined;
}

export type LoadSettings = Omit<LoadOptions, 'signal' | 'tell'>;
