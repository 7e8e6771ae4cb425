/** Rows of a job as they should not be, one by one. */
import { expect, test } from 'vitest';
import { GeminiImageError } from '../../../src/domain/error.js';
import type { Answer } from '../../../src/domain/record.js';
import type { Outcome } from '../../../src/engine/outcome.js';
import type { BatchRow } from '../../../src/gemini/batches/batch-client.js';
import type { QuestionInJob } from '../../../src/run/batch/journal-entries.js';
import { takeIn } from '../../../src/run/batch/take-in.js';
import { namedPicture } from '../../support/ledgers.js';

const asked = { prompt: 'What is it?' };
const request = 'fedcba9876543210';

const questions = (count: number): QuestionInJob[] =>
  Array.from({ length: count }, (_, at) => ({
    ...{ key: String(at + 1), asked, request },
    pictures: [namedPicture(`${at + 1}.png`)],
  }));

const answer = (text: string): Answer => ({ text, finishReason: 'STOP', model: 'm' });
const fault = new GeminiImageError({ kind: 'service', message: 'x', reason: 'failed inside' });

interface Wanted {
  votes?: number;
  count?: number;
  schema?: boolean;
  repair?: (question: QuestionInJob) => Promise<Answer>;
}

/** Takes rows in; a right answer begins with "ok". */
async function taken(rows: readonly Omit<BatchRow, 'place'>[], wanted: Wanted = {}) {
  const { votes = 1, count = 3, schema = false, repair } = wanted;
  const outcomes: Outcome[] = [];
  const job = {
    ...{ id: '1', displayName: 'd', model: 'm', service: 's', request, question: {}, votes },
    ...{ estimate: { inputTokens: 1 }, bytes: 1, at: '', since: '', stage: 'created' as const },
    ...{ count, file: undefined, name: 'batches/1', durationMs: 5 },
  };
  async function* inOrder() {
    for (const [place, row] of rows.entries()) yield { ...row, place };
  }
  const result = await takeIn(job, questions(count), inOrder(), {
    task: {
      brief: {
        prompt: 'What is it?',
        ...(schema && { schema: { type: 'object' } }),
        ...(votes > 1 && { conclude: (texts) => ({ text: texts.join('|') }) }),
        validate: (text) =>
          text.startsWith('ok') ? { ok: true, text } : { ok: false, problem: 'not ok' },
      },
    },
    isThere: async () => false,
    deliver: async (outcome) => void outcomes.push(outcome),
    onBilled: () => {},
    repair,
    mayAskAgain: ({ tries = 0 }) => tries < 2,
  });
  const texts = outcomes.map(({ record }) =>
    record.status === 'ok' ? record.text : record.error.kind,
  );
  return { ...result, outcomes, texts, again: result.again.map(({ key }) => key) };
}

test('rows without a key are told apart by their places, if none is missing', async () => {
  const rows = ['ok 1', 'ok 2', 'ok 3'].map((text) => ({ result: answer(text) }));
  expect(await taken(rows)).toMatchObject({ texts: ['ok 1', 'ok 2', 'ok 3'], again: [] });
  expect(await taken(rows.slice(1))).toMatchObject({ texts: [], again: ['1', '2', '3'] });
});

test('the first of two rows counts, and a row of no question is only counted', async () => {
  const rows = [
    { key: '2', result: answer('ok 2') },
    { key: '2', result: answer('ok again') },
    { key: '9', result: answer('ok 9') },
    { key: '1', result: fault },
  ];
  expect(await taken(rows)).toMatchObject({
    texts: ['ok 2'],
    again: ['1', '3'],
    rows: { doubled: 1, foreign: 1, missing: 1, keyless: 0, isUnordered: true },
  });
});

test('votes of a question are joined, and one that the model did not give is lost', async () => {
  const refusal = new GeminiImageError({ kind: 'answer', message: 'no' });
  const rows = [
    { key: '1', result: refusal },
    { key: '1.2', result: answer('ok c') },
    { key: '1.1', result: answer('ok b') },
    { key: '2.1', result: answer('ok') },
  ];
  const { texts, again } = await taken(rows, { votes: 3, count: 2 });
  expect({ texts, again }).toEqual({ texts: ['|ok b|ok c'], again: ['2'] });
});

test('an answer that breaks a rule is a failure with its text', async () => {
  const { outcomes, failed } = await taken([{ key: '1', result: answer('bad') }], { count: 1 });
  expect(failed).toBe(1);
  expect(outcomes[0]?.record).toMatchObject({
    image: '1.png',
    batch: 'batches/1',
    request,
    error: { kind: 'answer', partialText: 'bad' },
  });
});

test('it is asked once more if that is wanted', async () => {
  const repair = async ({ key }: QuestionInJob) => answer(`ok ${key} repaired`);
  const result = await taken([{ key: '1', result: answer('bad') }], { count: 1, repair });
  expect(result).toMatchObject({ texts: ['ok 1 repaired'], repaired: 1, failed: 0 });
});

test('if most answers ignore the schema, that is the fault of the service, and nothing is repaired', async () => {
  const rows = ['bad', 'bad', 'ok'].map((text, at) => ({ key: `${at + 1}`, result: answer(text) }));
  const repair = async () => answer('ok');
  expect(await taken(rows, { schema: true, repair })).toMatchObject({
    isUnusable: true,
    texts: ['ok', 'answer', 'answer'],
    repaired: 0,
    again: [],
  });
  expect(await taken(rows, { schema: false })).toMatchObject({ isUnusable: false });
});
