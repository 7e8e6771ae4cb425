import type { GeminiImageError } from '../domain/error.js';
import { safeLine } from '../output/safe-text.js';
import type { Talk } from '../run/context.js';
import { errorMessage, waitMessage, warningMessage } from './messages.js';
import type { Palette } from './palette.js';
import type { ProgressDisplay } from './progress.js';

export interface TalkOptions {
  /** Writes to stderr. */
  write(text: string): void;
  /** Absent where nobody wants to know. */
  progress: ProgressDisplay | undefined;
  /** Whether a person is reading. */
  isTerminal: boolean;
  palette: Palette;
  quiet: boolean;
  debug: boolean;
  /** Hides the key. */
  redact(text: string): string;
  /** Where the key comes from, for people; undefined where there is none. */
  keySource(): string | undefined;
}

/** Stderr: warnings and errors, and what is being waited for where a person is reading. */
export function createTalk(options: TalkOptions): Talk {
  const { write, progress, isTerminal, palette, quiet, debug, redact, keySource } = options;
  const say = (text: string) => write(redact(text));
  const saidOnce = new Set<string>();
  const warn = (text: string) => {
    if (!quiet) say(warningMessage(text, palette));
  };
  // Of many pictures one always waits for something; the line says what holds up all of them.
  const tellsWaits = () => debug || (isTerminal && !quiet && !progress?.isOn);
  /** What the service says of a key helps only who knows which one it was. */
  const withKeySource = (error: GeminiImageError) => {
    if (error.kind !== 'auth' || error.httpStatus === undefined) return error;
    const source = keySource();
    if (source === undefined) return error;
    const hint = [`The key is ${source}.`, error.hint].filter((part) => part !== undefined);
    return error.with({ hint: hint.join(' ') });
  };
  return {
    warn,
    note: (text) => {
      if (!quiet) say(`${safeLine(text)}\n`);
    },
    error(error, about) {
      say(errorMessage(withKeySource(error), palette, { about, debug }));
    },
    showsProgress: progress?.showsTotal ?? false,
    progress: (state) => progress?.update(state),
    listener(event) {
      if (event.type === 'pause') progress?.pause(event);
      else if (event.type !== 'warning') {
        if (event.type === 'retry') progress?.retry(event);
        if (tellsWaits()) say(waitMessage(event, palette));
      } else if (event.topic === undefined) warn(event.message);
      else if (!saidOnce.has(event.topic)) {
        saidOnce.add(event.topic);
        warn(`${event.message} (said once a run)`);
      }
    },
  };
}
