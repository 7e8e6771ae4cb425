/** What follows from each failure: another try, the end of the run, the exit code. */
import { describe, expect, test } from 'vitest';
import { GeminiImageError } from '../../src/domain/error.js';
import {
  type About,
  type Attempts,
  type Circumstances,
  type ErrorKind,
  exitCodeOf,
  RETRY_BUDGET_MS,
  type Reason,
  repetitionAfter,
  wasAnswered,
  whyNoOtherTry,
} from '../../src/domain/error-policy.js';

const failure = (kind: ErrorKind, reason?: Reason, about?: About) =>
  new GeminiImageError({ kind, message: 'no', reason, about });

describe('by its kind alone, no failure is tried again, and', () => {
  test.each<[ErrorKind, ends: boolean, code: number]>([
    ['usage', false, 2],
    ['input', false, 2],
    ['auth', true, 4],
    ['quota', true, 5],
    ['service', false, 6],
    ['answer', false, 7],
    ['pending', false, 8],
    ['internal', false, 70],
    ['interrupted', false, 130],
  ])('%s: ends the run: %s, exit code %i', (kind, endsRun, code) => {
    expect(failure(kind)).toMatchObject({ retryable: false, endsRun });
    expect(exitCodeOf[kind]).toBe(code);
  });
});

describe('by its reason', () => {
  test.each<[ErrorKind, Reason, passes: boolean, ends: boolean, endsWhereItLasts: boolean]>([
    ['quota', 'rate limit', true, false, true],
    ['service', 'unreachable', true, false, true],
    ['service', 'broken off', true, false, true],
    ['service', 'overloaded', true, false, true],
    ['service', 'failed inside', true, false, true],
    ['service', 'proxy failed', true, false, true],
    ['quota', 'spend rate', true, false, true],
    ['answer', 'stopped without reason', true, false, false],
    ['answer', 'said nothing', true, false, false],
    ['service', 'picture server', true, false, false],
    ['usage', 'not found', false, true, true],
    ['usage', 'refused setting', false, true, true],
    ['service', 'not the API', false, true, true],
    ['service', 'undecodable', false, true, true],
    ['usage', 'proxy', false, true, true],
    ['service', 'untrusted', false, true, true],
    ['usage', 'output', false, true, true],
    ['usage', 'disk', false, true, true],
  ])('%s, %s: passes: %s, ends the run: %s, where it lasts: %s', (kind, reason, ...follows) => {
    const [retryable, endsRun, endsWhereItLasts] = follows;
    const error = failure(kind, reason);
    expect(error).toMatchObject({ retryable, endsRun });
    expect(error.with({ lasts: true })).toMatchObject({ retryable, endsRun: endsWhereItLasts });
    expect(error.with({ about: 'picture', lasts: true })).toMatchObject({ endsRun: false });
  });

  test('where its place knows better what it is about, that counts', () => {
    expect(failure('service', 'untrusted', 'picture').endsRun).toBe(false);
    expect(failure('auth', undefined, 'question').endsRun).toBe(false);
    expect(failure('answer', undefined, 'run').endsRun).toBe(true);
  });
});

describe('a repetition', () => {
  const NEVER: Circumstances = {
    everAnswered: false,
    answeredMeanwhile: false,
    lastAnswer: -Infinity,
    sinceAnswerMs: Infinity,
    waitsForLimits: false,
  };
  const MEANWHILE = { ...NEVER, everAnswered: true, answeredMeanwhile: true, sinceAnswerMs: 1 };
  const OUTAGE = { ...NEVER, everAnswered: true, lastAnswer: 5, sinceAnswerMs: 149_999 };
  const LONG_OUTAGE = { ...OUTAGE, sinceAnswerMs: 150_000 };

  test.each<[Reason, string, Circumstances, isFree: boolean, lasts: boolean]>([
    ['rate limit', 'that nobody has passed yet', NEVER, false, true],
    ['rate limit', 'while others are answered', MEANWHILE, true, false],
    ['rate limit', 'within two minutes and a half', OUTAGE, true, false],
    ['rate limit', 'after them', LONG_OUTAGE, false, true],
    ['spend rate', 'that nobody has passed yet', NEVER, true, true],
    ['spend rate', 'while others are answered', MEANWHILE, true, false],
    ['spend rate', 'after two minutes and a half', LONG_OUTAGE, true, false],
    ['unreachable', 'from the first call on', NEVER, false, true],
    ['unreachable', 'while others are answered', MEANWHILE, false, false],
    ['unreachable', 'after an answer', OUTAGE, true, true],
    ['broken off', 'from the first call on', NEVER, false, false],
    ['no answer', 'from the first call on', NEVER, false, false],
    ['no answer', 'after an answer', LONG_OUTAGE, true, false],
    ['broken off', 'while others are answered', MEANWHILE, false, false],
    ['broken off', 'after an answer', LONG_OUTAGE, true, false],
    ['overloaded', 'after an answer', OUTAGE, true, false],
    ['proxy failed', 'after an answer', OUTAGE, true, false],
    ['failed inside', 'after an answer', OUTAGE, false, false],
    ['stopped without reason', 'after an answer', OUTAGE, false, false],
  ])('after "%s" %s: free: %s', (reason, _when, others, isFree, lasts) => {
    const kind = reason === 'rate limit' ? 'quota' : 'service';
    expect(repetitionAfter(failure(kind, reason), others)).toMatchObject({ isFree, lasts });
  });

  test.each<Reason>(['rate limit', 'exhausted', 'spend rate'])(
    'after "%s" is free for who chose no number of retries, and long where nobody gets through',
    (reason) => {
      const repeated = (others: Circumstances) =>
        repetitionAfter(failure('quota', reason), { ...others, waitsForLimits: true });
      expect(repeated(NEVER)).toMatchObject({ isFree: true, isLongWait: true });
      expect(repeated({ ...LONG_OUTAGE, sinceAnswerMs: RETRY_BUDGET_MS })).toMatchObject({
        isFree: true,
        isLongWait: true,
      });
      expect(repeated(MEANWHILE)).toMatchObject({ isFree: true, isLongWait: false });
    },
  );

  test('has its time from the last answer where it waits for a rate limit, else from the start', () => {
    expect(repetitionAfter(failure('quota', 'rate limit'), OUTAGE).since).toBe(5);
    expect(repetitionAfter(failure('service', 'unreachable'), OUTAGE).since).toBeUndefined();
  });

  test.each<Reason>(['rate limit', 'unreachable', 'overloaded', 'failed inside'])(
    'after "%s" that the service wants to be waited for too long: it lasts',
    (reason) => {
      const lastsAfter = (retryAfterMs: number) =>
        repetitionAfter(failure('service', reason).with({ retryAfterMs }), MEANWHILE).lasts;
      expect(lastsAfter(RETRY_BUDGET_MS)).toBe(false);
      expect(lastsAfter(RETRY_BUDGET_MS + 1)).toBe(true);
    },
  );
});

describe('another try', () => {
  const FIRST = { retries: 4, counted: 0, isFree: false, alike: 1, elapsedMs: 0 };

  test.each<[Reason | undefined, string, Partial<Attempts>, ReturnType<typeof whyNoOtherTry>]>([
    [undefined, 'at first', {}, 'lasting'],
    ['untrusted', 'at first', { isFree: true }, 'lasting'],
    ['overloaded', 'at first', {}, undefined],
    ['overloaded', 'where none is allowed', { retries: 0 }, 'attempts'],
    [
      'overloaded',
      'where none is allowed, though it is free',
      { retries: 0, isFree: true },
      'attempts',
    ],
    ['overloaded', 'before the last that is allowed', { counted: 3 }, undefined],
    ['overloaded', 'after the last that is allowed', { counted: 4 }, 'attempts'],
    ['overloaded', 'after it, where it is free', { counted: 4, isFree: true }, undefined],
    ['overloaded', 'at the end of the time', { elapsedMs: RETRY_BUDGET_MS }, undefined],
    ['overloaded', 'after it', { elapsedMs: RETRY_BUDGET_MS + 1 }, 'time'],
    ['overloaded', 'after it, and after the last', { elapsedMs: 1e9, counted: 4 }, 'attempts'],
    ['overloaded', 'for the tenth time', { retries: 20, alike: 10 }, undefined],
    ['said nothing', 'for the second time', { alike: 2 }, undefined],
    ['said nothing', 'for the third time', { alike: 3 }, 'too often'],
  ])('after "%s" %s %o: what stands against it: %s', (reason, _when, attempts, why) => {
    expect(whyNoOtherTry(failure('service', reason), { ...FIRST, ...attempts })).toBe(why);
  });
});

test.each<[ErrorKind, number | undefined, Reason | undefined, boolean]>([
  ['answer', undefined, undefined, true],
  ['input', 400, undefined, true],
  ['usage', 400, undefined, true],
  ['usage', 400, 'refused setting', false],
  ['usage', undefined, undefined, false],
  ['service', 500, 'failed inside', false],
  ['quota', 429, 'rate limit', false],
  ['auth', 403, undefined, false],
])('%s with HTTP %s, %s: the service took the call: %s', (kind, httpStatus, reason, answered) => {
  expect(wasAnswered({ kind, httpStatus, reason })).toBe(answered);
});
