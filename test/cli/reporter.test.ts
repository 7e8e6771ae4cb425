import { expect, test } from 'vitest';
import { createPalette } from '../../src/cli/colour.js';
import type { ProgressDisplay } from '../../src/cli/progress.js';
import { createReporter, type ReporterOptions } from '../../src/cli/reporter.js';
import { GeminiImageError } from '../../src/domain/error.js';
import type { EventOf, EventType, Pause, Progress } from '../../src/domain/events.js';

const palette = await createPalette(false);
const error = new GeminiImageError({ kind: 'service', message: 'overloaded (s3cret)' });
const none: Progress = { described: 0, skipped: 0, failed: 0 };

/** A progress line that keeps what it is told. */
function recorder() {
  const updates: (Progress | undefined)[] = [];
  const pauses: Pause[] = [];
  const retries: number[] = [];
  const progress: ProgressDisplay = {
    showsTotal: true,
    get isOn() {
      return updates.at(-1) !== undefined;
    },
    update: (state) => void updates.push(state),
    pause: (pause) => void pauses.push(pause),
    retry: ({ delayMs }) => void retries.push(delayMs),
  };
  return { progress, updates, pauses, retries };
}

/** What is said of everything that can be said. */
function said(options: Partial<ReporterOptions>, several = false): string {
  let text = '';
  const { tell, showsTotal } = createReporter({
    write: (more) => {
      text += more;
    },
    progress: undefined,
    tellsWaits: 'long',
    palette,
    quiet: false,
    debug: false,
    redact: (line) => line.replaceAll('s3cret', '[key]'),
    keySource: () => undefined,
    ...options,
  });
  expect(showsTotal).toBe(options.progress !== undefined);
  if (several) tell({ type: 'progress', ...none });
  tell({ type: 'offline' });
  tell({ type: 'warning', image: 'a.png', message: 'odd\nname' });
  tell({ type: 'warning', image: 'a.png', message: 'a.png is a JPEG' });
  tell({ type: 'retry', image: 'a.png', attempt: 2, maxAttempts: 5, delayMs: 100, error });
  tell({ type: 'pause', delayMs: 100, error });
  tell({ type: 'failed', error, about: 'a\u001b.png' });
  return text;
}

const ERROR = 'gemini-image: a\\u{1b}.png: overloaded ([key])\n';
const WARNINGS =
  'offline: answered by the built-in emulator, not by Gemini\ngemini-image: warning: odd\\nname\ngemini-image: warning: a.png is a JPEG\n';
const WAIT = 'gemini-image: a.png: overloaded ([key]). Trying again in 0.1 s (attempt 2 of 5)\n';

test('warnings and errors are always written, waits only for a person', () => {
  expect(said({})).toBe(WARNINGS + ERROR);
  expect(said({ tellsWaits: 'all' })).toBe(WARNINGS + WAIT + ERROR);
});

test('--quiet leaves errors only', () => {
  expect(said({ quiet: true })).toBe(ERROR);
  expect(said({ quiet: true, tellsWaits: 'none' })).toBe(ERROR);
});

test('--debug shows waits, and the origin of an error', () => {
  const text = said({ debug: true });
  expect(text.startsWith(WARNINGS + WAIT + ERROR)).toBe(true);
  expect(text).toContain('\n    at ');
  expect(text).not.toContain('s3cret');
});

test('colours appear only if they are wanted', async () => {
  expect(said({ tellsWaits: 'all' })).not.toContain('\u001b');
  expect(said({ palette: await createPalette(true) })).toContain(
    '\u001b[31m\u001b[1mgemini-image:\u001b[22m\u001b[39m ',
  );
});

test('with many pictures, the line shows what all wait for, and single waits are not written', () => {
  const { progress, updates, pauses } = recorder();
  expect(said({ tellsWaits: 'all', progress }, true)).toBe(WARNINGS + ERROR);
  expect(updates).toEqual([none]);
  expect(pauses).toMatchObject([{ delayMs: 100, error }]);
});

test('with many pictures, --debug shows single waits too', () => {
  const { progress } = recorder();
  const withLine = said({ tellsWaits: 'all', progress, debug: true }, true);
  expect(withLine.startsWith(WARNINGS + WAIT + ERROR)).toBe(true);
  expect(said({ debug: true }, true).startsWith(WARNINGS + WAIT + ERROR)).toBe(true);
});

test('a run without a progress line writes its waits', () => {
  const { progress } = recorder();
  expect(said({ tellsWaits: 'all', progress })).toBe(WARNINGS + WAIT + ERROR);
});

test('off a terminal, long waits for a single picture are told', () => {
  const { progress } = recorder();
  const retry = (delayMs: number): SomeEvent => ({
    ...{ type: 'retry', image: 'a.png', attempt: 2, maxAttempts: 5, delayMs, error },
  });
  expect(saidOf({ tellsWaits: 'long' }, retry(9999), retry(10_000))).toBe(
    WAIT.replace('0.1 s', '10.0 s').replace('[key]', 's3cret'),
  );
  expect(saidOf({ tellsWaits: 'none' }, retry(60_000))).toBe('');
  const run: SomeEvent = { type: 'progress', ...none };
  expect(saidOf({ tellsWaits: 'long', progress }, run, retry(60_000))).toBe('');
});

type SomeEvent = EventOf<EventType>;

/** What is said of some events, one after the other. */
function saidOf(options: Partial<ReporterOptions>, ...events: SomeEvent[]): string {
  let text = '';
  const write = (more: string) => {
    text += more;
  };
  const silent = {
    tellsWaits: 'long' as const,
    palette,
    quiet: false,
    debug: false,
    progress: undefined,
  };
  const { tell } = createReporter({
    ...{ ...silent, write, redact: (line) => line, keySource: () => undefined },
    ...options,
  });
  for (const event of events) tell(event);
  return text;
}

test('details need --debug, and --quiet hides them', () => {
  const detail: SomeEvent = { type: 'passedOver', name: 'notes.txt', what: 'text' };
  expect(saidOf({}, detail)).toBe('');
  expect(saidOf({ debug: true }, detail)).toBe('notes.txt is passed over: text\n');
  expect(saidOf({ debug: true, quiet: true }, detail)).toBe('');
});

test('a warning about many pictures is written once, others each time', () => {
  const one: SomeEvent = {
    type: 'warning',
    image: 'a',
    message: 'a is converted',
    topic: 'converted',
  };
  const other: SomeEvent = { type: 'warning', image: 'b', message: 'b is a JPEG' };
  expect(saidOf({}, one, other, { ...one, message: 'c is converted' }, other)).toBe(
    'gemini-image: warning: a is converted (said once a run)\n' +
      'gemini-image: warning: b is a JPEG\n'.repeat(2),
  );
});

test('an event with several lines is written as several notes', () => {
  const folders = new Map([['node_modules', 2]]);
  const leftOut = { raws: 0, excluded: 1, folders };
  const done = { done: 'counted', produced: 3, failed: 0, passedOver: [], leftOut };
  expect(saidOf({}, { type: 'dryRunSummary', ...done })).toBe(
    '3 counted, 1 left out by --exclude\n' +
      'folders passed over: 2 node_modules (--include-all looks into them)\n',
  );
});
