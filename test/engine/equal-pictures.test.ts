import { expect, test } from 'vitest';
import { createEqualPictures } from '../../src/engine/equal-pictures.js';

const answerOf = (text: string) => ({ text, finishReason: 'STOP', model: 'm' });
const answersOf = (text: string) => ({ answer: answerOf(text), texts: [text], cached: false });
const [ONE = '', TWO = '', THREE = ''] = ['01', '02', '03'].map((byte) => byte.repeat(32));

test('an equal picture gets the answer of the first one, and its name', async () => {
  const equals = createEqualPictures();
  let asked = 0;
  const ask = async () => {
    asked += 1;
    return answersOf(`answer ${asked}`);
  };
  const answers = await Promise.all([
    equals.askOnce(ONE, 'a.png', ask),
    equals.askOnce(ONE, 'b.png', ask),
    equals.askOnce(TWO, 'c.png', ask),
  ]);
  expect(answers.map(({ answer, copiedFrom }) => ({ answer, copiedFrom }))).toEqual([
    { answer: answerOf('answer 1') },
    { answer: answerOf('answer 1'), copiedFrom: 'a.png' },
    { answer: answerOf('answer 2') },
  ]);
});

test('votes keep their places, and so do lost ones', async () => {
  const equals = createEqualPictures();
  const texts = ['one', undefined, 'three'];
  const ask = async () => ({ answer: answerOf('one'), texts, cached: false });
  await equals.askOnce(ONE, 'a.png', ask);
  expect((await equals.askOnce(ONE, 'b.png', ask)).texts).toEqual(texts);
});

test('the oldest answers are dropped if there are too many', async () => {
  const equals = createEqualPictures(100_000);
  const ask = async () => answersOf('x'.repeat(40_000));
  for (const [at, key] of [ONE, TWO, THREE].entries()) {
    expect(await equals.askOnce(key, `${at}.png`, ask)).not.toHaveProperty('copiedFrom');
  }
  expect(await equals.askOnce(TWO, 'b.png', ask)).toMatchObject({ copiedFrom: '1.png' });
  expect(await equals.askOnce(THREE, 'c.png', ask)).toMatchObject({ copiedFrom: '2.png' });
  expect(await equals.askOnce(ONE, 'd.png', ask)).not.toHaveProperty('copiedFrom');
});

test('thousands of answers are found again, whole, and cost nothing then', async () => {
  const equals = createEqualPictures();
  const keyOf = (at: number) => at.toString(16).padStart(8, '0').repeat(8);
  const textOf = (at: number) => `${at}: ${'é😀'.repeat(at % 50)}`;
  const usage = { inputTokens: 1, outputTokens: 1, thoughtTokens: 0, cachedTokens: 0 };
  const count = 20_000;
  for (let at = 0; at < count; at += 1) {
    const answers = answersOf(textOf(at));
    const billed = { ...answers, answer: { ...answers.answer, usage, costUsd: 1 } };
    await equals.askOnce(keyOf(at), `${at}.png`, async () => billed);
  }
  const ask = () => Promise.reject(new Error('asked again'));
  for (let at = 0; at < count; at += 1) {
    const text = textOf(at);
    expect(await equals.askOnce(keyOf(at), 'again.png', ask)).toEqual({
      ...answersOf(text),
      answered: undefined,
      copiedFrom: `${at}.png`,
    });
  }
});
