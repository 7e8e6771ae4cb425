import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { GeminiImageError } from '../../src/domain/error.js';
import {
  type Before,
  oneEach,
  type PendingOptions,
  pendingPictures,
} from '../../src/engine/remaining.js';
import { type ImageReference, referenceTo } from '../../src/images/find/reference.js';

type Images = readonly ImageReference[];

/** Says what there is already for pictures. */
interface Finished {
  earlier(images: Images): Promise<Before | undefined>;
}

const finishedAre = (...names: string[]): Finished => ({
  earlier: async (images) =>
    images.every(({ id }) => names.includes(id)) ? { isAnswered: true } : undefined,
});

interface Wanted extends Partial<PendingOptions> {
  finished?: Finished;
  isWanted?: (image: ImageReference) => boolean;
  onLeftOut?: () => void;
}

function optionsOf({
  finished = finishedAre(),
  isWanted = () => true,
  onLeftOut = () => {},
  onSkipped = () => {},
  ...options
}: Wanted): PendingOptions {
  return {
    async plan(images) {
      const before = await finished.earlier(images);
      if (before) return { kind: 'skip', before };
      return images.every(isWanted) ? { kind: 'ask' } : { kind: 'skip' };
    },
    restore: async () => {},
    onSkipped: (plan) => (plan.before ? onSkipped(plan) : onLeftOut()),
    ...options,
  };
}

async function pendingOf(names: readonly string[], wanted: Wanted) {
  const pending: string[] = [];
  let skipped = 0;
  const onSkipped = () => {
    skipped += 1;
  };
  const found = Readable.from(names.map(referenceTo));
  for await (const one of pendingPictures(oneEach(found), optionsOf({ onSkipped, ...wanted }))) {
    pending.push('asked' in one ? one.asked.id : 'over');
  }
  return { pending, skipped };
}

test('finished pictures are left out, and counted', async () => {
  const finished = finishedAre('a.png', 'c.png');
  expect(await pendingOf(['a.png', 'b.png', 'c.png', 'd.png'], { finished })).toEqual({
    pending: ['b.png', 'd.png'],
    skipped: 2,
  });
});

test('a limit counts unfinished pictures only', async () => {
  const finished = finishedAre('a.png', 'c.png');
  const names = ['a.png', 'b.png', 'c.png', 'd.png', 'e.png'];
  const { pending } = await pendingOf(names, { finished, limit: 2 });
  expect(pending).toEqual(['b.png', 'd.png']);
});

test('unwanted, unfinished pictures are left out, and do not count for the limit', async () => {
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

test('the search ends at the limit', async () => {
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

test('after the signal, nothing more of a run is planned', async () => {
  const stop = new AbortController();
  const planned: string[] = [];
  const finished = {
    earlier: async ([image]: readonly { id: string }[]) => {
      planned.push(image?.id ?? '');
      if (image?.id === 'b.png') stop.abort();
      return { isAnswered: true } as const;
    },
  };
  const run = ['a.png', 'b.png', 'c.png'].map(referenceTo);
  const options = optionsOf({ finished, signal: stop.signal });
  const pending = pendingPictures(Readable.from([run]), options);
  await expect(pending.next()).rejects.toMatchObject({ kind: 'interrupted' });
  expect(planned).toEqual(['a.png', 'b.png']);
});

test('a name without a picture fails without being asked about', async () => {
  const error = new GeminiImageError({ kind: 'input', message: 'no file matches' });
  const found = Readable.from([{ kind: 'failed', id: '*.gif', label: '*.gif', error }]);
  const pending = pendingPictures(oneEach(found), optionsOf({}));
  expect((await pending.next()).value).toMatchObject({
    kind: 'failed',
    about: { image: '*.gif' },
    error,
  });
});

test('a picture whose state cannot be known fails too', async () => {
  const error = new GeminiImageError({ kind: 'input', message: 'it has no sidecar' });
  const finished = { earlier: () => Promise.reject(error) };
  const { pending } = await pendingOf(['a.png'], { finished });
  expect(pending).toEqual(['over']);
});

test('a picture whose answer could not be saved fails, and no other one', async () => {
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

test('what an earlier run left is written before the picture counts as skipped', async () => {
  const story: string[] = [];
  const { pending } = await pendingOf(['a.png', 'b.png'], {
    finished: finishedAre('a.png'),
    restore: async ([image], { kind }) => void story.push(`${kind} ${image?.id}`),
    onSkipped: () => void story.push('counted'),
  });
  expect(story).toEqual(['skip a.png', 'counted']);
  expect(pending).toEqual(['b.png']);
});

test('a picture whose answer cannot be written again fails', async () => {
  const error = new GeminiImageError({ kind: 'usage', message: 'the disk is full' });
  const finished = finishedAre('a.png');
  const restore = () => Promise.reject(error);
  expect(await pendingOf(['a.png'], { finished, restore })).toEqual({
    pending: ['over'],
    skipped: 0,
  });
});
