/** What the entries of a journal say together. */
import { expect, test } from 'vitest';
import { JournalState } from '../../../src/run/batch/journal-state.js';
import { namedPicture } from '../../support/ledgers.js';

const REQUEST = 'fedcba9876543210';
const PLACE = { at: 0, length: 1 };
const asked = { prompt: 'What is it?' };

/** An entry about a job of these pictures. */
function prepared(id: string, names: readonly string[], more: object = {}) {
  const questions = names.map((name, at) => ({
    ...{ key: String(at + 1), asked, request: REQUEST, identity: `picture of ${name}` },
    pictures: [{ ...namedPicture(name), size: name.length }],
    ...more,
  }));
  return {
    ...{ event: 'prepared', id, displayName: id, model: 'm', service: 's', request: REQUEST },
    ...{ question: {}, votes: 1, bytes: 1, at: '2026-11-29T10:00:00.000Z', questions },
    estimate: { inputTokens: 1 },
  };
}

function stateOf(...entries: readonly object[]) {
  const state = new JournalState();
  for (const entry of entries) expect(state.add({ ...entry }, PLACE)).toBe(true);
  return state;
}

test('a picture is on its way with the size and the hashes that it had', () => {
  const state = stateOf(prepared('1', ['a.png', 'b/c.png']));
  const [picture, ...others] = state.onItsWay('b/c.png', REQUEST) ?? [];
  const { sha256 } = namedPicture('b/c.png');
  expect(others).toEqual([]);
  expect(picture).toMatchObject({ size: 7, mtimeMs: Date.UTC(2024, 4, 6, 7, 8, 9, 123) });
  expect(picture?.has('sha256', sha256)).toBe(true);
  expect(picture?.has('sha256', sha256.replace(/^./, 'x'))).toBe(false);
  expect(state.onItsWay('b/c.png', 'another')).toBeUndefined();
  expect(state.isEqualOnItsWay('picture of a.png')).toBe(true);
  expect(state.isEqualOnItsWay('picture of d.png')).toBe(false);
});

test('the pictures of a group are on their way together', () => {
  const group = [prepared('1', ['a.png'], { pictures: ['a.png', 'b.png'].map(namedPicture) })];
  const state = stateOf(...group);
  expect(state.onItsWay('a.png\0b.png', REQUEST)).toHaveLength(2);
  expect(state.onItsWay('a.png', REQUEST)).toBeUndefined();
});

test.each(['dropped', 'ended'])('a job that is %s has nothing on its way', (event) => {
  const state = stateOf(prepared('1', ['a.png', 'b.png']), prepared('2', ['c.png', 'b.png']), {
    event,
    id: '1',
  });
  expect(state.jobs.map(({ id }) => id)).toEqual(['2']);
  expect(state.onItsWay('a.png', REQUEST)).toBeUndefined();
  expect(state.isEqualOnItsWay('picture of a.png')).toBe(false);
  // The later job has it, too.
  expect(state.onItsWay('b.png', REQUEST)).toHaveLength(1);
  expect(state.isEqualOnItsWay('picture of b.png')).toBe(true);
});

test.each([
  ['numbers', {}],
  ['other words', { key: 'x' }],
])('what is open again is counted, and may be unusable: keys are %s', (_, more) => {
  const state = stateOf(prepared('1', ['a.png'], more), prepared('2', ['b.png'], { tries: 2 }));
  const key = 'key' in more ? more.key : '1';
  state.add({ event: 'ended', id: '1', again: [key], isUnusable: true }, PLACE);
  state.add({ event: 'ended', id: '2', again: ['1'] }, PLACE);
  expect(['a.png', 'b.png', 'c.png'].map((name) => state.tries(name, REQUEST))).toEqual([1, 3, 0]);
  expect(state.isUnusable('a.png', REQUEST)).toBe(true);
  expect(state.isUnusable('b.png', REQUEST)).toBe(false);

  state.add(prepared('3', ['a.png']), PLACE);
  state.add({ event: 'ended', id: '3', again: [] }, PLACE);
  expect(state.tries('a.png', REQUEST)).toBe(0);
  expect(state.isUnusable('a.png', REQUEST)).toBe(false);
});
