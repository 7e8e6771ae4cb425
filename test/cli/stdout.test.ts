import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
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

const HOSTILE = '\u001b[2J\u202eA\tboat\n';

test('in a pipe the text is exact', async () => {
  const { stream, written } = target();
  await createStdout(stream, false, expect.unreachable).write(HOSTILE);
  expect(written).toEqual([HOSTILE]);
});

test('on a terminal it is made harmless', async () => {
  const { stream, written } = target();
  await createStdout(stream, true, expect.unreachable).write(HOSTILE);
  expect(written).toEqual(['\\u{1b}[2J\\u{202e}A\tboat\n']);
});

test('nothing is written for an empty text', async () => {
  const { stream, written } = target();
  await createStdout(stream, false, expect.unreachable).write('');
  expect(written).toEqual([]);
});

describe('a stream that fails', () => {
  /** Writes twice to it, and waits for the event that comes with the failure. */
  async function failWith(code: string) {
    let ends = 0;
    const { stream } = target(code);
    const stdout = createStdout(stream, false, () => {
      ends += 1;
    });
    await stdout.write('A boat.\n');
    await new Promise(setImmediate);
    await stdout.write('More.\n');
    return { closed: stdout.closed, failure: stdout.failure, ends };
  }

  test('because nobody reads it any more is closed, once, without a failure', async () => {
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
