import { expect, test } from 'vitest';
import { ProgressLine } from '../../src/cli/progress.js';
import { createScreen } from './progress-screen.js';

function started() {
  const screen = createScreen();
  const line = new ProgressLine(screen.stream);
  /** Stdout, on the same terminal. */
  const print = (text: string) =>
    line.above(
      text,
      () => new Promise((done) => void screen.stream.write(text, () => setImmediate(done))),
    );
  return { screen, line, print };
}

test('without a text, everything is written as it is', async () => {
  const { screen, line, print } = started();
  line.write('a\n');
  await print('b');
  line.show('');
  expect(screen.written()).toBe('a\nb');
});

test('a new text replaces the one before', () => {
  const { screen, line } = started();
  line.show('12 of 13 · 2 failed');
  line.show('13 of 13');
  expect(screen.rows()).toEqual(['13 of 13']);
});

test('what is written scrolls above the line, and nothing of the line is left at the end', async () => {
  const { screen, line, print } = started();
  line.show('1 of 3 · 2 failed');
  line.write('warning\n');
  expect(screen.rows()).toEqual(['warning', '1 of 3 · 2 failed']);
  await print('a.png\tA boat.\n');
  expect(screen.rows()).toEqual(['warning', 'a.png\tA boat.', '1 of 3 · 2 failed']);
  line.show('');
  line.write('error\n');
  expect(screen.rows()).toEqual(['warning', 'a.png\tA boat.', 'error', '']);
});

test('an unfinished line of data is neither erased nor continued by it', async () => {
  const { screen, line, print } = started();
  line.show('1 of 3');
  await print('a.png\tA ');
  line.show('2 of 3');
  expect(screen.rows()).toEqual(['a.png\tA']);
  await print('boat.\n');
  expect(screen.rows()).toEqual(['a.png\tA boat.', '2 of 3']);
  await print('b.png\tA');
  line.show('');
  expect(screen.rows()).toEqual(['a.png\tA boat.', 'b.png\tA']);
});

test('the line stays away while data is being written', async () => {
  const { screen, line, print } = started();
  line.show('1 of 3');
  const first = print('a\n');
  const second = print('b\n');
  line.show('2 of 3');
  line.write('warning\n');
  expect(screen.rows()).toEqual(['a', 'b', 'warning', '']);
  await Promise.all([first, second]);
  expect(screen.rows()).toEqual(['a', 'b', 'warning', '2 of 3']);
});
