import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { GeminiImageError } from '../../src/domain/error.js';
import { type PendingOptions, pendingPictures } from '../../src/engine/remaining.js';
import { referenceTo } from '../../src/images/find/reference.js';

const finishedAre = (...names: string[]): PendingOptions['finished'] => ({
  earlier: async (images) =>
    images.every(({ id }) => names.includes(id)) ? { isAnswered: true } : undefined,
});

async function pendingOf(names: readonly string[], options: Partial<PendingOptions>) {
  const pending: string[] = [];
  let skipped = 0;
  const onSkipped = () => {
    skipped += 1;
  };
  const found = Readable.from(names.map(referenceTo));
  const wanted = { finished: finishedAre(), onSkipped, ...options };
  for await (const one of pendingPictures(found, wanted)) {
    pending.push(one.kind === 'over' ? 'over' : one.id);
  }
  return { pending, skipped };
}

test('what is finished is left out, and counted', async () => {
  const finished = finishedAre('a.png', 'c.png');
  expect(await pendingOf(['a.png', 'b.png', 'c.png', 'd.png'], { finished })).toEqual({
    pending: ['b.png', 'd.png'],
    skipped: 2,
  });
});

test('a limit counts what is not finished', async () => {
  const finished = finishedAre('a.png', 'c.png');
  const names = ['a.png', 'b.png', 'c.png', 'd.png', 'e.png'];
  const { pending } = await pendingOf(names, { finished, limit: 2 });
  expect(pending).toEqual(['b.png', 'd.png']);
});

test('what is neither wanted nor finished is left out, and is none of the limit', async () => {
  let leftOut = 0;
  const options = {
    finished: finishedAre('a.png'),
    isWanted: ({ id }: { id: string }) => id !== 'b.png',
    onLeftOut: () => {
      leftOut += 1;
    },
    limit: 2,
  };
  const names = ['a.png', 'b.png', 'c.png', 'd.png', 'e.png'];
  expect(await pendingOf(names, options)).toEqual({ pending: ['c.png', 'd.png'], skipped: 1 });
  expect(leftOut).toBe(1);
});

test('nothing is looked for beyond the limit', async () => {
  const asked: string[] = [];
  const finished = {
    earlier: async ([image]: readonly { id: string }[]) => {
      asked.push(image?.id ?? '');
      return undefined;
    },
  };
  await pendingOf(['a.png', 'b.png', 'c.png'], { finished, limit: 1 });
  expect(asked).toEqual(['a.png']);
});

test('a name that leads to no picture is over without being asked about', async () => {
  const error = new GeminiImageError({ kind: 'input', message: 'no file matches' });
  const found = Readable.from([{ kind: 'failed', id: '*.gif', label: '*.gif', error }]);
  const pending = pendingPictures(found, { finished: finishedAre(), onSkipped: () => {} });
  expect((await pending.next()).value).toMatchObject({
    kind: 'over',
    outcome: { record: { image: '*.gif', status: 'failed' }, error },
  });
});

test('a picture of which it cannot be known is over too', async () => {
  const error = new GeminiImageError({ kind: 'input', message: 'it has no sidecar' });
  const finished = { earlier: () => Promise.reject(error) };
  const { pending } = await pendingOf(['a.png'], { finished });
  expect(pending).toEqual(['over']);
});

test('one whose answer would have no place is over, and no other one', async () => {
  const error = new GeminiImageError({ kind: 'usage', message: 'the name is too long' });
  const asked: string[] = [];
  const admit = async ({ id }: { id: string }) => {
    asked.push(id);
    if (id === 'b.png') throw error;
  };
  const finished = finishedAre('a.png');
  const { pending } = await pendingOf(['a.png', 'b.png', 'c.png'], { finished, admit });
  expect(pending).toEqual(['over', 'c.png']);
  expect(asked).toEqual(['b.png', 'c.png']);
});
