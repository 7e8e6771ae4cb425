import { expect, test } from 'vitest';
import { createEqualPictures } from '../../src/engine/equal-pictures.js';

const answerOf = (text: string) => ({ text, finishReason: 'STOP', model: 'm' });
const answersOf = (text: string) => ({ answer: answerOf(text), texts: [text], cached: false });
const [ONE, TWO] = ['01'.repeat(32), '02'.repeat(32)];

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
  const equals = createEqualPictures(100);
  const ask = async () => answersOf('x'.repeat(40));
  for (const name of ['a.png', 'b.png']) {
    expect(await equals.askOnce(name === 'a.png' ? ONE : TWO, name, ask)).not.toHaveProperty(
      'copiedFrom',
    );
  }
  expect(await equals.askOnce(TWO, 'c.png', ask)).toMatchObject({ copiedFrom: 'b.png' });
  expect(await equals.askOnce(ONE, 'd.png', ask)).not.toHaveProperty('copiedFrom');
});
