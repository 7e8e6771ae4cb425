import { describe, expect, test } from 'vitest';
import type { Task } from '../../src/engine/engine-task.js';
import { askedInWords, requestsOf } from '../../src/engine/fingerprint.js';
import { briefOf } from '../../src/tasks/describe/styled-prompt.js';
import { briefAsking } from '../support/briefs.js';
import { LOADING } from '../support/loading.js';

const TASK: Task = {
  model: 'gemini-3.5-flash-lite',
  brief: briefAsking('What is it?'),
  load: LOADING,
};

const usual = requestsOf(TASK, false).request;

test('the same question has the same fingerprint, in another run too', () => {
  expect(usual).toMatch(/^[0-9a-f]{16}$/);
  const { timeoutMs } = LOADING.web;
  const slower = { ...LOADING, web: { ...LOADING.web, timeoutMs: timeoutMs + 1, retries: 9 } };
  expect(requestsOf({ ...TASK, load: slower }, false).request).toBe(usual);
});

test('settings that are absent leave no trace', () => {
  expect(requestsOf({ ...TASK, settings: { seed: undefined }, votes: 1 }, false).request).toBe(
    usual,
  );
});

test('ledgers of version 0.1.0, and of builds before it, keep their fingerprints', () => {
  const load = { ...LOADING, maxEdge: 3072, keepMetadata: false, original: false };
  expect(requestsOf({ ...TASK, load }, false).request).toBe('ab32f3dc8be62ec3');
});

test('the default --max-edge is the same question when it is given', () => {
  const { maxEdge: _, ...load } = LOADING;
  expect(requestsOf({ ...TASK, load: { ...load, maxEdge: 3072 } }, false).request).toBe(
    requestsOf({ ...TASK, load }, false).request,
  );
});

describe('another question has another one:', () => {
  test.each<[string, Partial<Task>]>([
    ['another model', { model: 'gemini-3.6-flash' }],
    ['another prompt', { brief: briefAsking('What is it? ') }],
    ['other rules', { brief: { ...briefAsking('What is it?'), rules: 'title' } }],
    ['an answer in JSON', { brief: { ...briefAsking('What is it?'), schema: { type: 'string' } } }],
    ['with a setting of the model', { settings: { temperature: 0 } }],
    ['with another one', { settings: { system: 'Be brief.' } }],
    ['put several times', { votes: 3 }],
    ['other pixels', { load: { ...LOADING, maxEdge: 1024 } }],
    ['with metadata', { load: { ...LOADING, keepMetadata: true } }],
    ['the file as it is', { load: { ...LOADING, original: true } }],
    ['of a server on this machine', { isLocal: true }],
    ['of the emulator inside', { isLocal: true, isOffline: true }],
  ])('%s', (_what, change) => {
    expect(requestsOf({ ...TASK, ...change }, false).request).not.toBe(usual);
  });

  test('about all pictures together', () => {
    expect(requestsOf(TASK, true).request).not.toBe(usual);
  });
});

describe('in words', () => {
  test('a question shows its style, its language and the first words of its prompt', () => {
    const { asked = {} } = briefOf({ style: 'alt', lang: 'de-de' });
    expect(askedInWords({ ...briefAsking('What  is\nit?'), asked })).toEqual({
      style: 'alt',
      lang: 'de-DE',
      prompt: 'What is it?',
    });
    const long = 'one two three four five six seven eight nine ten eleven twelve';
    expect(askedInWords(briefAsking(long)).prompt).toBe(long);
    expect(askedInWords(briefAsking(`${long} thirteen`)).prompt).toBe(`${long}…`);
    expect(askedInWords(briefAsking('字'.repeat(101))).prompt).toBe(`${'字'.repeat(100)}…`);
  });

  test('and the hash of its schema', () => {
    const brief = briefAsking('What is it?');
    const [one, other] = ['string', 'number'].map(
      (type) => askedInWords({ ...brief, schema: { type } }).schema,
    );
    expect(one).toMatch(/^[\da-f]{16}$/);
    expect(other).not.toBe(one);
    expect(askedInWords(brief)).not.toHaveProperty('schema');
  });
});
