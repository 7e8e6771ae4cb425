/** Asking again from the page of `review`, by the same run as `describe` does. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { State } from '../../src/review/api.js';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { startReview } from '../support/reviews.js';

const STYLES = { headline: { prompt: 'A headline.', maxChars: 40 }, mood: { prompt: 'Its mood.' } };
const FIELDS = 'people:integer,place:harbor|beach';

/** A ledger of the emulator's answers to a question. */
async function asked(...question: string[]): Promise<string> {
  const cwd = temporaryFolder({ 'a.png': 'small.png' });
  writeFileSync(join(cwd, 'styles.json'), JSON.stringify(STYLES));
  const { code, stderr } = await runInProcess(
    ['describe', 'a.png', '--offline', '-o', 'c.jsonl', ...question],
    { cwd },
  );
  expect(code, stderr).toBe(0);
  return cwd;
}

const records = (cwd: string): Record<string, unknown>[] =>
  readFileSync(join(cwd, 'c.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Asks again about the first picture, to its end. */
async function again(cwd: string, answer: string, ...args: string[]) {
  const review = await startReview(cwd, ['c.jsonl', '--offline', ...args]);
  const question = { positions: [0], answer, hint: 'the boat is called MARTA' };
  const price = await review.post<{ why?: string }>('/api/ask/price', question);
  if (price.status !== 200) return { ...price.json, review };
  expect(price.json).toMatchObject({ pictures: 1, costUsd: expect.any(Number) });
  await review.post<State>('/api/ask', question);
  await vi.waitFor(
    async () => expect((await review.state()).asking).toMatchObject({ ended: 'done', done: 1 }),
    20_000,
  );
  return { review };
}

test('fields are asked again by the schema that the review was started with, beside the old ones', async () => {
  const cwd = await asked('--fields', FIELDS);
  expect(await again(cwd, '')).toMatchObject({ why: expect.stringContaining('the schema of') });
  expect(await again(cwd, '', '--fields', 'people:number')).toMatchObject({
    why: expect.stringContaining('another schema'),
  });
  const { review } = await again(cwd, '', '--fields', FIELDS);
  const [old, fresh] = records(cwd);
  expect(records(cwd)).toHaveLength(2);
  expect(fresh).toMatchObject({ data: expect.any(Object), asked: old?.asked });

  // A value that differs is shown beside the new one, and taking it back is a record too.
  const changed = { ...fresh, data: { people: 77, place: 'beach' }, text: '{}' };
  writeFileSync(join(cwd, 'c.jsonl'), `${JSON.stringify(changed)}\n`, { flag: 'a' });
  await review.state();
  const [row] = await review.rows(0);
  expect(row).toMatchObject({
    differs: true,
    fields: [{ name: 'people', value: 77, other: { isNewer: false } }, { name: 'place' }],
  });
});

test('a style of the user is asked again, and its rules are told, with the file that has it', async () => {
  const cwd = await asked('-s', 'headline', '--styles-file', 'styles.json');
  expect(await again(cwd, 'headline')).toMatchObject({
    why: expect.stringContaining('what the style headline asks'),
  });
  const { review } = await again(cwd, 'headline', '--styles-file', 'styles.json');
  expect(records(cwd)).toHaveLength(2);
  const problem = async (value: string) =>
    (await review.post('/api/check', { style: 'headline', value })).json;
  expect(await problem('A boat at sea')).toEqual({ problem: null });
  expect(await problem('x'.repeat(41))).toEqual({ problem: expect.stringContaining('40') });
});

test('the long form of a style is asked again as it was', async () => {
  const cwd = await asked('-s', 'alt', '--long');
  await again(cwd, 'alt');
  const [old, fresh] = records(cwd);
  expect(fresh?.data).toHaveProperty('description');
  expect(fresh?.asked).toEqual(old?.asked);
});
