import { type GeminiImageError, withErrorNames } from '../domain/error.js';
import type { AskedAgain, CaptionEvent, Retry } from '../domain/events.js';
import { megabytes } from '../images/errors.js';
import { safeLine, safeText } from '../output/safe-text.js';
import type { Palette } from './palette.js';

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
