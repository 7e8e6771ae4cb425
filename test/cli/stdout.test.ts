import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { ProgressLine } from '../../src/cli/progress.js';
import { createStdout } from '../../src/cli/stdout.js';

/** A stream that keeps what is written, or fails with a code. */
function target(code?: string) {
  const written: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _, done) {
      if (code !== undefined) return done(Object.assign(new Error(code), { code }));
      written.push(chunk);
      done();
    },
  });
  return { stream, written };
}

const line = new ProgressLine(target().stream);

const HOSTILE = '\u001b[2J\u202eA\tboat\n';

test('in a pipe, the text is exact', async () => {
  const { stream, written } = target();
  await createStdout(stream, false, line, expect.unreachable).write(HOSTILE);
  expect(written).toEqual([HOSTILE]);
});

test('on a terminal, the text is made harmless', async () => {
  const { stream, written } = target();
  await createStdout(stream, true, line, expect.unreachable).write(HOSTILE);
  expect(written).toEqual(['\\u{1b}[2J\\u{202e}A\tboat\n']);
});

test('line ends of CSV are left as they are', async () => {
  const { stream, written } = target();
  await createStdout(stream, true, line, expect.unreachable).write('a,b\r\n1,\r2\r\n');
  expect(written).toEqual(['a,b\n1,\\u{d}2\n']);
  await createStdout(stream, false, line, expect.unreachable).write('a\r\n');
  expect(written[1]).toBe('a\r\n');
});

test('only a terminal has the progress line below it', async () => {
  const { stream, written } = target();
  const progress = new ProgressLine(stream);
  progress.show('1 of 2');
  await createStdout(stream, true, progress, expect.unreachable).write('A boat.\n');
  expect(written).toEqual(['1 of 2', '\r\u001b[2K', 'A boat.\n', '1 of 2']);
  await createStdout(stream, false, progress, expect.unreachable).write('A boat.\n');
  expect(written.slice(4)).toEqual(['A boat.\n']);
});

test('nothing is written for an empty text', async () => {
  const { stream, written } = target();
  await createStdout(stream, false, line, expect.unreachable).write('');
  expect(written).toEqual([]);
});

describe('a stream that fails', () => {
  /** Writes twice to it, and waits for the event that comes with the failure. */
  async function failWith(code: string) {
    let ends = 0;
    const { stream } = target(code);
    const stdout = createStdout(stream, false, line, () => {
      ends += 1;
    });
    await stdout.write('A boat.\n');
    await new Promise(setImmediate);
    await stdout.write('More.\n');
    return { closed: stdout.closed, failure: stdout.failure, ends };
  }

  test('is closed once, without a failure, if nobody reads it any more', async () => {
    expect(await failWith('EPIPE')).toEqual({ closed: true, failure: undefined, ends: 1 });
  });

  test.each([
    ['ENOSPC', 'stdout cannot be written to: no space is left on the disk'],
    ['EIO', 'stdout cannot be written to: EIO'],
  ])('with %s has failed', async (code, message) => {
    const { closed, failure, ends } = await failWith(code);
    expect({ closed, ends }).toEqual({ closed: false, ends: 1 });
    expect(failure).toMatchObject({ kind: 'usage', message });
  });
});
