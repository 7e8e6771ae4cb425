import { describe, expect, test } from 'vitest';
import { isUnreachable, networkError } from '../../src/network/network-error.js';
import { finished } from '../support/answers.js';
import { askInVain } from '../support/ask.js';
import { fakeGemini, fakeGeminiWithTls, json } from '../support/fake-gemini.js';

/** As fetch fails: it says nothing itself, and holds the cause. */
function fetchFailed(code: string, message = 'what happened') {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) });
}

describe('a failure on the network', () => {
  test.each([
    ['ECONNRESET', false],
    ['EPIPE', false],
    ['ECONNREFUSED', true],
    ['ETIMEDOUT', true],
    ['ENOTFOUND', true],
    ['EAI_AGAIN', true],
    ['ENETUNREACH', true],
    ['ENETDOWN', true],
    ['EHOSTUNREACH', true],
  ])('with %s may pass; the server was not reached at all: %s', (code, unreachable) => {
    const failure = fetchFailed(code, 'connect to 10.0.0.1:443');
    expect(networkError(failure)).toMatchObject({
      kind: 'service',
      retryable: true,
      cause: failure,
      message: expect.stringMatching(`\\(${code}: connect to 10\\.0\\.0\\.1:443\\)$`),
    });
    expect(isUnreachable(networkError(failure))).toBe(unreachable);
  });

  test.each([
    ['CERT_HAS_EXPIRED', /expired/, /clock/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /another name/, /NODE_EXTRA_CA_CERTS/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /not trusted/, /NODE_EXTRA_CA_CERTS/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /not trusted/, /NODE_EXTRA_CA_CERTS/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /not trusted/, /NODE_EXTRA_CA_CERTS/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /not trusted/, /NODE_EXTRA_CA_CERTS/],
  ])('with %s will not, and says what to do', (code, message, hint) => {
    const error = networkError(fetchFailed(code));
    expect(error).toMatchObject({ kind: 'service', retryable: false });
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });

  test('of a kind that is new keeps its code and words, and is not retried', () => {
    const error = networkError(fetchFailed('ENEW', 'something new'));
    expect(error).toMatchObject({
      kind: 'service',
      retryable: false,
      message: 'the request failed (ENEW: something new)',
    });
  });

  test('without a code keeps its innermost words', () => {
    const failure = new TypeError('fetch failed', { cause: new Error('bad port') });
    expect(networkError(failure).message).toBe('the request failed (bad port)');
    expect(networkError(new TypeError('terminated')).message).toBe(
      'the request failed (terminated)',
    );
    expect(networkError('odd').message).toBe('the request failed (odd)');
    expect(networkError(undefined).kind).toBe('service');
  });

  test('for several addresses at once names the first', () => {
    const errors = ['::1', '127.0.0.1'].map((address) =>
      Object.assign(new Error(`connect ECONNREFUSED ${address}:9`), { code: 'ECONNREFUSED' }),
    );
    const cause = Object.assign(new AggregateError(errors), { code: 'ECONNREFUSED' });
    const error = networkError(new TypeError('fetch failed', { cause }));
    expect(error.retryable).toBe(true);
    expect(error.message).toContain('connect ECONNREFUSED ::1:9');
  });

  test('whose causes form a circle is handled', () => {
    const failure = new Error('round');
    failure.cause = failure;
    expect(networkError(failure).message).toContain('round');
  });

  test('is one line', () => {
    const failure = fetchFailed(
      'EPROTO',
      '40F7:error:\n\tssl3_get_record:wrong version\u001b[0m\n',
    );
    expect(networkError(failure).message).toMatch(/^[\x20-\x7e]+\)$/);
  });
});

test('https to a server that speaks http is an error in one line', async () => {
  const server = await fakeGemini(json(finished('A harbor.')));
  const error = await askInVain(server.url.replace('http:', 'https:'), { retries: 2 });
  expect(error).toMatchObject({ kind: 'service', endsRun: true });
  expect(error.message).toMatch(/^[\x20-\x7e]+$/);
  expect(server.requests).toEqual([]);
});

test('a certificate that is not trusted is not retried', async () => {
  const server = await fakeGeminiWithTls(json(finished('A harbor.')));
  const error = await askInVain(server, { retries: 3 });
  expect(error).toMatchObject({ kind: 'service', retryable: false, endsRun: true });
  expect(error.message).toMatch(/^the server's certificate is not trusted \(UNABLE_TO_/);
  expect(server.connections()).toBe(1);
  expect(server.requests).toEqual([]);
});
