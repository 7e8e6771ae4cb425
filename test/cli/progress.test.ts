import { expect, test } from 'vitest';
import { createPalette } from '../../src/cli/colour.js';
import {
  createPlainProgress,
  createProgress,
  ProgressLine,
  systemClock,
} from '../../src/cli/progress.js';
import { GeminiImageError } from '../../src/domain/error.js';
import type { Progress } from '../../src/domain/events.js';
import { handClock } from '../support/hand-clock.js';
import { createScreen } from './progress-screen.js';

async function started({ columns, colour = false }: { columns?: number; colour?: boolean } = {}) {
  const time = handClock();
  const screen = createScreen(columns);
  const line = new ProgressLine(screen.stream);
  const size = { columns };
  const palette = await createPalette(colour);
  const progress = createProgress({
    line,
    palette,
    clock: time.clock,
    columns: () => size.columns,
  });
  const shown = () => screen.rows().at(-1);
  const draws = () => screen.written().split('\r\u001b[2K').length;
  return { ...time, screen, line, progress, size, shown, draws };
}

const state = (described: number, more: Partial<Progress> = {}): Progress => ({
  described,
  skipped: 0,
  failed: 0,
  total: 400,
  ...more,
});

const refused = (kind: 'quota' | 'service' = 'quota') =>
  new GeminiImageError({ kind, message: 'no' });

test('the line follows the run and is gone in the end, for good', async () => {
  const { progress, pass, shown, timers, screen } = await started();
  expect(progress.isOn).toBe(false);
  progress.update(state(0));
  expect(progress.isOn).toBe(true);
  expect(shown()).toBe('0 of 400');
  pass(10_500);
  progress.update(state(21));
  expect(shown()).toBe('21 of 400 · 120/min · 3 min 10 s left');
  progress.update(undefined);
  progress.update(state(11));
  progress.pause({ delayMs: 9000, error: refused() });
  pass(10_000);
  expect(progress.isOn).toBe(false);
  expect(screen.rows()).toEqual(['']);
  expect(timers()).toBe(0);
});

test('the line changes slowly however fast the run is, and shows the last state', async () => {
  const { progress, pass, shown, draws, timers } = await started();
  for (let done = 0; done <= 400; done++) {
    progress.update(state(done));
    expect(timers()).toBe(1);
    pass(5);
  }
  expect(draws()).toBeLessThanOrEqual(2 * 10 + 2);
  expect(draws()).toBeGreaterThan(2 * 5);
  pass(150);
  expect(shown()).toMatch(/^400 of 400/);
});

test('an unchanged line is not written again', async () => {
  const { progress, pass, draws } = await started();
  progress.update(state(0));
  pass(60_000);
  expect(draws()).toBe(1);
});

test('its seconds go on while no picture is being finished', async () => {
  const { progress, pass, shown } = await started();
  progress.update(state(0));
  pass(10_500);
  progress.update(state(21));
  pass(10_000);
  expect(shown()).toBe('21 of 400 · 61/min · 6 min 10 s left');
});

test('what was done before the first state does not count for the speed', async () => {
  const { progress, pass, shown } = await started();
  pass(60_000);
  progress.update(state(0, { skipped: 100 }));
  pass(10_500);
  progress.update(state(21, { skipped: 100 }));
  expect(shown()).toBe('121 of 400 · 120/min · 2 min 20 s left');
});

test('a pause is counted down to its end', async () => {
  const { progress, pass, shown } = await started();
  progress.update(state(0));
  progress.pause({ delayMs: 34_000, error: refused() });
  pass(150);
  expect(shown()).toBe('0 of 400 · waiting 34 s for the rate limit');
  pass(10_000);
  expect(shown()).toBe('0 of 400 · waiting 24 s for the rate limit');
  progress.pause({ delayMs: 2000, error: refused('service') });
  pass(150);
  expect(shown()).toBe('0 of 400 · waiting 24 s for the rate limit');
  progress.pause({ delayMs: 60_000, error: refused('service') });
  pass(150);
  expect(shown()).toBe('0 of 400 · waiting 1 min for the service');
  pass(61_000);
  expect(shown()).toBe('0 of 400');
});

test('a short pause is not shown', async () => {
  const { progress, pass, shown } = await started();
  progress.update(state(0));
  progress.pause({ delayMs: 999, error: refused() });
  pass(500);
  expect(shown()).toBe('0 of 400');
});

test('a pause before the first state shows nothing yet', async () => {
  const { progress, pass, shown, screen, timers } = await started();
  progress.pause({ delayMs: 10_000, error: refused() });
  pass(500);
  expect(screen.written()).toBe('');
  expect(timers()).toBe(0);
  progress.update(state(0));
  expect(shown()).toBe('0 of 400 · waiting 10 s for the rate limit');
});

test('the line fits the current width of the terminal, with room for ^C, and never wraps', async () => {
  const { progress, pass, screen, size } = await started({ columns: 40 });
  progress.update(state(0, { failed: 20 }));
  pass(10_500);
  progress.update(state(100, { failed: 20, costUsd: 1.5 }));
  expect(screen.rows()).toEqual(['120 of 400 · 686/min · 20 failed']);
  screen.stream.write('^C');
  size.columns = 16;
  pass(1000);
  expect(screen.rows()).toEqual(['120 of 400']);
  size.columns = 12;
  pass(1000);
  expect(screen.rows()).toEqual(['']);
  size.columns = 0;
  pass(1000);
  expect(screen.written()).toContain('120 of 400 · 533/min · 32 s left · $1.50 · 20 failed');
});

test('it is dim if colours are wanted', async () => {
  const { progress, screen } = await started({ colour: true });
  progress.update(state(0));
  progress.update(undefined);
  expect(screen.written()).toBe('\u001b[2m0 of 400\u001b[22m\r\u001b[2K');
});

test('the system clock calls back, except after a cancel', async () => {
  const began = systemClock.now();
  const calls: string[] = [];
  systemClock.after(1, () => calls.push('called off')).cancel();
  const timer = setTimeout(() => {}, 10_000);
  await new Promise<void>((done) => void systemClock.after(2, done));
  clearTimeout(timer);
  expect(calls).toEqual([]);
  expect(systemClock.now()).toBeGreaterThan(began);
});

/** What a log says of a run, minute by minute. */
function logged() {
  const time = handClock();
  const lines: string[] = [];
  const progress = createPlainProgress(time.clock, (line) => lines.push(line));
  const minute = () => {
    lines.length = 0;
    time.pass(60_000);
    return lines.join('');
  };
  return { ...time, lines, progress, minute };
}

test('without a terminal, there is one line every minute', () => {
  const { progress, pass, minute, lines, timers } = logged();
  expect(progress).toMatchObject({ isOn: false, showsTotal: false });
  pass(300_000);
  expect(lines).toEqual([]);
  const { total, ...none } = state(0);
  progress.update(none);
  pass(59_999);
  progress.update({ ...none, described: 90, failed: 2, skipped: 1000, costUsd: 0.04321 });
  expect(lines).toEqual([]);
  pass(1);
  expect(lines).toEqual([
    '1,092 done, 1,000 of them before, 2 of them failed, 92 a minute, $0.0432\n',
  ]);
  expect(minute()).toBe(
    '1,092 done, 1,000 of them before, 2 of them failed, 46 a minute, $0.0432; nothing finished in the last minute\n',
  );
  progress.update({ ...none, described: 91, failed: 2, skipped: 1000, costUsd: 0.04321 });
  expect(minute()).not.toContain(';');
  progress.update(undefined);
  expect(timers()).toBe(0);
  progress.update(none);
  expect(minute()).toBe('');
});

test('a long wait of all calls is told in a log when it begins, and once', () => {
  const { progress, lines, pass } = logged();
  progress.pause({ delayMs: 60_000, error: refused() });
  progress.update(state(0));
  expect(lines).toEqual([]);
  progress.pause({ delayMs: 61_000, error: refused() });
  progress.pause({ delayMs: 62_000, error: refused() });
  expect(lines).toEqual(['waiting 1 min 1 s for the rate limit\n']);
  pass(62_000);
  lines.length = 0;
  progress.pause({ delayMs: 9000, error: refused() });
  expect(lines).toEqual([]);
  pass(9000);
  progress.pause({ delayMs: 10_000, error: refused('service') });
  expect(lines).toEqual(['waiting 10 s for the service\n']);
});

test('a line of a log says what is waited for', () => {
  const { progress, minute } = logged();
  progress.update(state(0));
  expect(minute()).toBe('0 of 400 done; nothing finished in the last minute\n');
  progress.update(state(10));
  progress.pause({ delayMs: 101_000, error: refused() });
  progress.retry({ delayMs: 300_000, error: refused('service') });
  expect(minute()).toBe(
    '10 of 400 done, 5 a minute, 1 h 18 min left; waiting 41 s for the rate limit\n',
  );
  expect(minute()).toContain('; 1 waiting to be tried again, for the service or the network\n');
  progress.retry({ delayMs: 300_000, error: refused() });
  expect(minute()).toContain('; 2 waiting to be tried again, for the rate limit\n');
});
