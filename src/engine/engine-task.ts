import type { Brief } from '../domain/brief.js';
import type { CaptionListener } from '../domain/events.js';
import type { Known } from '../domain/known.js';
import type { ModelSettings, Tier } from '../domain/model-settings.js';
import type { StyleAnswers } from '../domain/style-answers.js';
import type { Bill } from '../domain/usage.js';
import type { Pacer } from '../gemini/pacing/pacer.js';
import type { ImageReference } from '../images/find/reference.js';
import type { LoadOptions } from '../images/load.js';
import type { StopSignals } from '../network/stop-signals.js';
import type { AnswerCache } from '../storage/answer-cache.js';
import type { Budget } from './budget.js';
import type { CallSlots } from './concurrency.js';
import type { EqualPictures } from './equal-pictures.js';
import type { LoadedPictures } from './loaded-pictures.js';

/** What is asked about every picture of a run, and by which means. */
export interface Task {
  model: string;
  /** The question, and the rules for its answer. */
  brief: Brief;
  /** Of several styles, the answers that are there already, so that only the others are asked. */
  answered?: StyleAnswers | undefined;
  settings?: ModelSettings | undefined;
  /** The service tier. It is not part of the question, but takes room in its request. */
  tier?: Tier | undefined;
  /** How many times each question is asked, 1 by default: the brief decides from all answers. */
  votes?: number | undefined;
  /** Whether the server is on this machine; its answers are never taken for Gemini's later. */
  isLocal?: boolean | undefined;
  /** Whether it is the emulator in this process; its answers are not used for anything else. */
  isOffline?: boolean | undefined;
  /** How pictures are read and prepared. */
  load: LoadSettings;
  /** Set if there are several questions about the same picture. */
  loaded?: LoadedPictures | undefined;
  /** Set if the question tells what is known about its pictures. */
  know?: ((image: ImageReference) => Promise<Known | undefined>) | undefined;
  /**
   * After `stop`, no picture is loaded and no call begins any more, and whoever waits for one gets
   * its reason. Calls and uploads in progress go on until `abort`.
   */
  signals?: StopSignals | undefined;
  /** Set if more pictures are prepared than may be asked about at once. */
  slots?: CallSlots | undefined;
  /** Finished answers of earlier runs, if they may be used. */
  cache?: AnswerCache | undefined;
  /** Set if equal pictures are asked about only once. */
  equals?: EqualPictures | undefined;
  /** Set if the run has a pace of its own, beside that of the client. */
  pace?: Pick<Pacer, 'turn'> | undefined;
  /** Set if the cost of the run is limited. */
  budget?: Budget | undefined;
  /**
   * Called for each attempt that was billed, whether or not it succeeded, and whether it was for
   * matching words of an answer.
   */
  onBilled?: ((bill: Bill, what?: 'matching') => void) | undefined;
  tell?: CaptionListener | undefined;
  /**
   * Set if the answer is streamed: called with each piece as it arrives, and awaited. It must not
   * throw; to stop, abort the signals.
   */
  onText?: ((text: string, image: string) => Promise<void>) | undefined;
  /**
   * Whether the text is not shown before it is complete, so that a broken stream may be repeated.
   */
  isUnseen?: boolean | undefined;
}

export type LoadSettings = Omit<LoadOptions, 'signal' | 'tell'>;

/** What each picture of a run has for itself. */
type Own = Pick<Task, 'answered' | 'slots' | 'onText'>;

/**
 * The task for one picture. It is written out field by field: V8 gives an object that is spread with so
 * many fields a hidden class of its own, each time, and every look at it takes the slowest way.
 */
export function forPicture(
  task: Task,
  { answered, slots, onText }: Own,
): { [Name in keyof Required<Task>]: Task[Name] } {
  return {
    model: task.model,
    brief: task.brief,
    answered,
    settings: task.settings,
    tier: task.tier,
    votes: task.votes,
    isLocal: task.isLocal,
    isOffline: task.isOffline,
    load: task.load,
    loaded: task.loaded,
    know: task.know,
    signals: task.signals,
    slots,
    cache: task.cache,
    equals: task.equals,
    pace: task.pace,
    budget: task.budget,
    onBilled: task.onBilled,
    tell: task.tell,
    onText,
    isUnseen: task.isUnseen,
  };
}
