import type { Writable } from 'node:stream';
import type { Talk } from '../commands/context.js';
import { safeLine } from '../output/safe-text.js';
import { errorMessage, waitMessage, warningMessage } from './messages.js';
import type { Palette } from './palette.js';

export interface TalkOptions {
  stderr: Writable;
  /** Whether a person is reading. */
  isTerminal: boolean;
  palette: Palette;
  quiet: boolean;
  debug: boolean;
  /** Hides the key. */
  redact(text: string): string;
}

/** Stderr: warnings and errors, and what is being waited for where a person is reading. */
export function createTalk(options: TalkOptions): Talk {
  const { stderr, isTerminal, palette, quiet, debug, redact } = options;
  const say = (text: string) => {
    stderr.write(redact(text));
  };
  const saidOnce = new Set<string>();
  const warn = (text: string) => {
    if (!quiet) say(warningMessage(text, palette));
  };
  return {
    warn,
    note: (text) => {
      if (!quiet) say(`${safeLine(text)}\n`);
    },
    error(error, about) {
      say(errorMessage(error, palette, { about, debug }));
    },
    listener(event) {
      if (event.type !== 'warning') {
        if (debug || (isTerminal && !quiet)) say(waitMessage(event, palette));
      } else if (event.topic === undefined) warn(event.message);
      else if (!saidOnce.has(event.topic)) {
        saidOnce.add(event.topic);
        warn(`${event.message} (said once a run)`);
      }
    },
  };
}
