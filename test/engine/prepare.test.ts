import { copyFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { conclude } from '../../src/engine/conclude.js';
import type { Task } from '../../src/engine/engine-task.js';
import { type PictureToUpload, prepare } from '../../src/engine/prepare.js';
import { askOne, askQuestion } from '../../src/engine/question.js';
import { referenceTo } from '../../src/images/find/reference.js';
import { detectBrief } from '../../src/tasks/detect/detect-brief.js';
import { finished } from '../support/answers.js';
import { clientOf } from '../support/ask.js';
import { briefAsking } from '../support/briefs.js';
import { fakeGemini, json } from '../support/fake-gemini.js';
import { fixture, temporaryFolder } from '../support/files.js';
import { LOADING } from '../support/loading.js';

const PNG = fixture('small.png');
const BOXES = '{"boxes":[{"label":"boat","box_2d":[0,0,500,500]}]}';
const TASK: Task = { model: 'gemini-3.5-flash-lite', brief: detectBrief(), load: LOADING };

/** Leaves uploads for later. */
const later = async (picture: PictureToUpload) => picture;

const about = (name: string) => ({ images: [referenceTo(name)], labelled: false });

test('a question stored as JSON can be concluded days later like one that is asked now', async () => {
  const server = await fakeGemini(json(finished(BOXES)));
  const asked = await askQuestion(about(PNG), clientOf(server), TASK);
  const { question: _, ...rest } = await prepare(about(PNG), TASK, later);
  const kept = JSON.parse(JSON.stringify(rest));
  const { data: __, text: ___, ...answer } = asked.answer;
  const answers = { answer: { ...answer, text: BOXES }, texts: [BOXES], cached: false };
  const { durationMs, ...expected } = asked;
  expect(conclude(kept, answers, detectBrief())).toEqual(expected);
  expect(expected.answer.data).toMatchObject({ boxes: [{ label: 'boat' }], dropped: 0 });
});

test('exactly what is prepared is sent', async () => {
  const server = await fakeGemini(json(finished(BOXES)));
  await askOne(referenceTo(PNG), clientOf(server), TASK);
  const { question } = await prepare(about(PNG), TASK, later);
  const [picture, prompt] = question.parts;
  if (!picture || !('inline' in picture)) return expect.unreachable('the picture is inline');
  const { content, mimeType } = picture.inline;
  const bytes = await content.read(0, content.size);
  const data = Buffer.from(bytes).toString('base64');
  expect(JSON.parse(server.requests[0]?.body ?? '').contents[0].parts).toEqual([
    { inlineData: { mimeType, data } },
    prompt,
  ]);
});

test('a picture that is too large is reported, and nothing is uploaded', async () => {
  const path = join(temporaryFolder(), 'large.jpg');
  copyFileSync(fixture('small.jpg'), path);
  truncateSync(path, 20_000_000);
  const task = { ...TASK, brief: briefAsking('What is it?'), load: { ...LOADING, original: true } };
  const { question, pictures } = await prepare(about(path), task, later);
  expect(question.parts).toEqual([
    { upload: { label: path, content: expect.anything(), mimeType: 'image/jpeg' } },
    { text: 'What is it?' },
  ]);
  expect(pictures).toMatchObject([{ image: path, size: 20_000_000 }]);
});

test('a key for the cache is made only if the cache may be used', async () => {
  const cache = { find: async () => undefined, keep: async () => {} };
  expect((await prepare(about(PNG), { ...TASK, cache }, later)).cacheKey).toMatch(/^[\da-f]{64}$/);
  expect((await prepare(about(PNG), TASK, later)).cacheKey).toBeUndefined();
  expect((await prepare(about(PNG), { ...TASK, cache, votes: 3 }, later)).cacheKey).toBeUndefined();
});
