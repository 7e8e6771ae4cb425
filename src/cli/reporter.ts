import { type GeminiImageError, withErrorNames } from '../domain/error.js';
import type { AskedAgain, CaptionEvent, Retry } from '../domain/events.js';
import { megabytes } from '../images/errors.js';
import { safeLine, safeText } from '../output/safe-text.js';
import type { Talk } from '../run/context.js';
import type { Palette } from './colour.js';
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

const PROGRAM = 'gemini-image';

/** An error's line, the line that says what to do next, and with `--debug` where it comes from. */
export function errorMessage(
  error: GeminiImageError,
  palette: Palette,
  { about, debug = false }: { about?: string | undefined; debug?: boolean } = {},
): string {
  const lines = [`${palette.bad(`${PROGRAM}:`)} ${prefix(about)}${safeLine(error.message)}`];
  if (error.hint) lines.push(palette.quiet(safeText(error.hint)));
  if (debug || error.kind === 'internal') lines.push(palette.quiet(safeText(traces(error))));
  return `${lines.join('\n')}\n`;
}

export function warningMessage(text: string, palette: Palette): string {
  return `${palette.warning(`${PROGRAM}: warning:`)} ${safeLine(text)}\n`;
}

/** What a person at a terminal should know while waiting. */
export function waitMessage(
  event: CaptionEvent & { type: 'retry' | 'again' | 'upload' },
  palette: Palette,
): string {
  const what =
    event.type === 'upload'
      ? uploading(event)
      : event.type === 'again'
        ? askingAgain(event)
        : waiting(event);
  return `${palette.quiet(`${PROGRAM}: ${prefix(event.image)}${what}`)}\n`;
}

function uploading({ bytes }: { bytes: number }): string {
  return `uploading ${megabytes(bytes)}, too much for one request`;
}

function askingAgain({ problem }: AskedAgain): string {
  return `the answer is not as it was asked for: ${safeLine(problem)}. Asking once more`;
}

function waiting({ error, delayMs, attempt, maxAttempts }: Retry): string {
  const wait = `${safeLine(error.message)}. Trying again in ${(delayMs / 1000).toFixed(1)} s`;
  return `${wait} (attempt ${attempt} of ${maxAttempts})`;
}

/** Standard input has no name of its own, and an empty one must be seen. */
function prefix(about: string | undefined): string {
  if (about === undefined) return '';
  return `${about === '-' ? 'stdin' : safeLine(about) || '""'}: `;
}

function traces(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const trace = withErrorNames(error.stack ?? error.message);
  return error.cause === undefined ? trace : `${trace}\ncaused by: ${traces(error.cause)}`;
}
