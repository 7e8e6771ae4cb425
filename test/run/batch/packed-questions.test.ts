/** The questions of a job before its journal has them. */
import { expect, test } from 'vitest';
import { jsonLine } from '../../../src/domain/json.js';
import type { QuestionInJob } from '../../../src/run/batch/journal-entries.js';
import { PackedQuestions } from '../../../src/run/batch/packed-questions.js';
import { namedPicture } from '../../support/ledgers.js';

const question = (number: number): QuestionInJob => ({
  ...{ key: String(number), asked: { prompt: 'What is it?' }, request: 'fedcba9876543210' },
  pictures: [namedPicture(`Schiffe\u2028 – 小さな船 ${number}.png`)],
});

function packed(questions: readonly QuestionInJob[]) {
  const all = new PackedQuestions();
  for (const one of questions) all.add(one);
  return all;
}

test.each([0, 1, 2, 3000])('%s questions are what they were, in a line of JSON too', (count) => {
  const questions = Array.from({ length: count }, (_, at) => question(at + 1));
  const all = packed(questions);
  expect(all.count).toBe(count);
  expect([...all]).toEqual(questions);
  const entry = { event: 'prepared', id: '1' };
  expect(all.lineOf(entry).equals(Buffer.from(jsonLine({ ...entry, questions })))).toBe(true);
});
