/** Pictures on their way into jobs. */
import { expect, test } from 'vitest';
import type { Pending } from '../../../src/engine/remaining.js';
import { createRunStop } from '../../../src/engine/run-stop.js';
import { referenceTo } from '../../../src/images/find/reference.js';
import { Todo } from '../../../src/run/batch/todo.js';
import { briefAsking } from '../../support/briefs.js';
import { fixture } from '../../support/files.js';
import { LOADING } from '../../support/loading.js';

async function* onePicture(): AsyncGenerator<Pending> {
  yield { kind: 'ask', asked: referenceTo(fixture('small.jpg')) };
}

/** Puts the question about a picture, and counts how often its memory is given back. */
async function submitted(put: 'added' | 'full' | 'too dear') {
  const task = {
    ...{ model: 'gemini-3.5-flash-lite', brief: briefAsking('What is it?'), load: LOADING },
    ...{ concurrency: 1, signals: createRunStop(), onBilled: () => {} },
  };
  const todo = new Todo(onePicture(), {
    ...{ task, submitted: new Map(), settled: new Map(), planAnew: async () => undefined },
    deliver: { outcome: async () => {} },
  });
  const given = { back: 0 };
  let isFull = false;
  await todo.submit({
    get isFull() {
      return isFull;
    },
    hasEqual: () => false,
    async add({ prepared }) {
      const [part] = prepared.question.parts;
      if (!part || !('inline' in part)) return expect.unreachable('the picture is inline');
      part.inline.content.release = () => {
        given.back += 1;
      };
      isFull = put === 'full';
      return put;
    },
  });
  return { given, todo };
}

test('a picture whose question is in a job gives its memory back', async () => {
  const { given } = await submitted('added');
  expect(given.back).toBe(1);
});

test.each(['full', 'too dear'] as const)(
  'one that waits keeps it until it is planned anew: %s',
  async (put) => {
    const { given, todo } = await submitted(put);
    expect(given.back).toBe(0);
    await todo.takeAll();
    expect(given.back).toBe(1);
  },
);
