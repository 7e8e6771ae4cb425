/** Where the system has no descriptor left, what needs one waits. */
import { expect, test } from 'vitest';
import { whenFree } from '../../src/network/descriptors.js';

const exhausted = (code: string) => Object.assign(new Error('too many open files'), { code });

test.each(['EMFILE', 'ENFILE'])('%s is waited for', async (code) => {
  let left = 2;
  const open = async () => {
    left -= 1;
    if (left >= 0) throw exhausted(code);
    return 'open';
  };
  expect(await whenFree(open)).toBe('open');
});

test('any other failure is passed on, and so is an abort', async () => {
  await expect(whenFree(() => Promise.reject(exhausted('EACCES')))).rejects.toThrow('too many');
  const controller = new AbortController();
  const waiting = whenFree(() => Promise.reject(exhausted('EMFILE')), controller.signal);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ kind: 'interrupted' });
});
