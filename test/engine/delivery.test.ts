import { expect, test } from 'vitest';
import { GeminiImageError } from '../../src/domain/error.js';
import { asFinished, inOrder } from '../../src/engine/delivery.js';
import type { Outcome } from '../../src/engine/outcome.js';

function outcomeOf(image: string): Outcome {
  const error = new GeminiImageError({ kind: 'input', message: 'no such file' });
  const { kind, message, retryable } = error;
  return { record: { image, status: 'failed', error: { kind, message, retryable } }, error };
}

/** Notes what is delivered. */
function listener() {
  const said: string[] = [];
  return {
    said,
    async outcome({ record }: Outcome) {
      await new Promise(setImmediate);
      said.push('image' in record ? record.image : '');
    },
    async text(text: string, image: string) {
      said.push(`${image}: ${text}`);
    },
  };
}

test('outcomes come out in the order of the pictures', async () => {
  const to = listener();
  const delivery = inOrder(to);
  await delivery.outcome(2, outcomeOf('c'));
  await delivery.outcome(1, outcomeOf('b'));
  expect(to.said).toEqual([]);
  await delivery.outcome(0, outcomeOf('a'));
  expect(to.said).toEqual(['a', 'b', 'c']);
});

test('outcomes that come at once come out one after the other', async () => {
  const to = listener();
  const delivery = inOrder(to);
  const places = [3, 0, 4, 1, 2];
  await Promise.all(places.map((place) => delivery.outcome(place, outcomeOf(String(place)))));
  expect(to.said).toEqual(['0', '1', '2', '3', '4']);
});

test('at the end, outcomes that wait for a picture without an outcome are delivered', async () => {
  const to = listener();
  const delivery = inOrder(to);
  await delivery.outcome(5, outcomeOf('f'));
  await delivery.outcome(3, outcomeOf('d'));
  await delivery.outcome(1, outcomeOf('b'));
  await delivery.end();
  expect(to.said).toEqual(['b', 'd', 'f']);
});

test('text is streamed for the first picture without an outcome; the others wait', async () => {
  const to = listener();
  const delivery = inOrder(to);
  await delivery.text(0, 'one ', 'a');
  await delivery.text(1, 'two ', 'b');
  await delivery.text(1, 'three ', 'b');
  await delivery.text(0, 'four', 'a');
  expect(to.said).toEqual(['a: one ', 'a: four']);
  await delivery.outcome(0, outcomeOf('a'));
  await delivery.text(1, 'five', 'b');
  expect(to.said.slice(2)).toEqual(['a', 'b: two three ', 'b: five']);
});

test('text of a picture that is finished before its turn is not streamed separately', async () => {
  const to = listener();
  const delivery = inOrder(to);
  await delivery.text(1, 'two', 'b');
  await delivery.outcome(1, outcomeOf('b'));
  await delivery.outcome(0, outcomeOf('a'));
  expect(to.said).toEqual(['a', 'b']);
});

test('many outcomes that wait for a slow picture hold up the others', async () => {
  const to = listener();
  const delivery = inOrder(to);
  let waiting = 0;
  const all = Array.from({ length: 1100 }, async (_, index) => {
    waiting += 1;
    await delivery.outcome(index + 1, outcomeOf(String(index + 1)));
    waiting -= 1;
  });
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  expect(waiting).toBeGreaterThan(0);
  await delivery.outcome(0, outcomeOf('0'));
  await Promise.all(all);
  expect(to.said).toHaveLength(1101);
});

test('a listener that fails makes the delivery fail, but not earlier ones', async () => {
  const full = new Error('full');
  const delivery = inOrder({ outcome: () => Promise.reject(full) });
  await expect(delivery.outcome(0, outcomeOf('a'))).rejects.toBe(full);
});

test('without an order they come out as they come in, one after the other', async () => {
  const to = listener();
  const delivery = asFinished(to);
  await Promise.all([2, 0, 1].map((place) => delivery.outcome(place, outcomeOf(String(place)))));
  expect(to.said).toEqual(['2', '0', '1']);
});
