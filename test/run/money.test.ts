/** What a run says that it cost: every attempt counts, at the price of its model and of its day. */
import { describe, expect, test } from 'vitest';
import { album, nameOf, numberIn } from '../support/album.js';
import { handClock } from '../support/hand-clock.js';
import { runInProcess } from '../support/in-process.js';
import { answer, sendJson, serve } from '../support/scripted-server.js';

const usageMetadata = { promptTokenCount: 1000, thoughtsTokenCount: 2000 };
const lost = { candidates: [{ finishReason: 'OTHER' }], usageMetadata };

describe('a picture that Ctrl-C interrupts', () => {
  test('counts what its attempts have cost so far', async () => {
    const cwd = await album(2);
    let attempts = 0;
    const server = await serve((response, _, request) => {
      if (numberIn(request) === 0) return sendJson(response, 200, answer('A boat.'));
      attempts += 1;
      if (attempts === 1) sendJson(response, 200, lost);
    });
    const args = ['describe', 'photos', '-o', 'out.jsonl'];
    const clock = handClock();
    const interrupted = server.seen(3);
    const { code, stderr } = await runInProcess(args, { cwd, env: server.env, clock, interrupted });
    expect(code).toBe(130);
    expect(stderr).toContain('2,130 tokens in, 12 out, 2,000 for thinking');
  });
});

describe('a call that is routed to another model', () => {
  test('has both names in its record, is billed as the other model, and is reported once per run', async () => {
    const cwd = await album(2);
    const server = await serve((response) => sendJson(response, 200, answer('A boat.')));
    const args = ['describe', 'photos', '-m', 'gemini-2.5-pro', '-f', 'json'];
    const { stdout, stderr } = await runInProcess(args, { cwd, env: server.env });
    for (const record of JSON.parse(stdout)) {
      expect(record).toMatchObject({
        ...{ model: 'gemini-3.5-flash-lite', askedModel: 'gemini-2.5-pro', costUsd: 0.000369 },
      });
    }
    expect(
      stderr.match(/gemini-2\.5-pro was asked, and gemini-3\.5-flash-lite answered/g),
    ).toHaveLength(1);
  });

  test('is routed by the emulator too', async () => {
    const cwd = await album(1);
    const args = [
      'describe',
      `photos/${nameOf(0)}`,
      '-f',
      'json',
      '-m',
      'gemini-3.7-flash',
      '--offline',
    ];
    const { stdout, stderr } = await runInProcess(args, { cwd });
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ model: 'gemini-3.8-flash', askedModel: 'gemini-3.7-flash' },
    });
    expect(stderr).toContain('gemini-3.7-flash was asked, and gemini-3.8-flash answered');
  });

  test('does not count as routed if the answer names a version of the model, or if an alias was asked', async () => {
    const cwd = await album(1);
    const versions = ['gemini-3.5-flash-lite-001', 'gemini-3.8-flash'];
    const server = await serve((response, at) =>
      sendJson(response, 200, { ...answer('A boat.'), modelVersion: versions[at] }),
    );
    const run = (model: string) =>
      runInProcess(['describe', `photos/${nameOf(0)}`, '-f', 'json', '-m', model], {
        ...{ cwd, env: server.env },
      });
    const version = await run('gemini-3.5-flash-lite');
    expect(JSON.parse(version.stdout)).not.toHaveProperty('askedModel');
    const alias = await run('gemini-flash-latest');
    expect(JSON.parse(alias.stdout)).toMatchObject({ askedModel: 'gemini-flash-latest' });
    expect([version.stderr, alias.stderr]).toEqual(['', '']);
  });
});

test('attempts are billed each at the price of the model that answered it', async () => {
  const cwd = await album(1);
  const server = await serve((response, at) =>
    sendJson(
      response,
      200,
      at === 0 ? { ...lost, modelVersion: 'gemini-4-neon' } : answer('A boat.'),
    ),
  );
  const args = ['describe', `photos/${nameOf(0)}`, '-f', 'json', '-m', 'gemini-3.5-flash-lite'];
  const { stdout } = await runInProcess(args, { cwd, env: server.env });
  // 1,000 at 3 and 2,000 at 15 dollars a million, and then 1,130 at 0.30 and 12 at 2.50.
  expect(JSON.parse(stdout).costUsd).toBe(0.033369);
});

describe('prices are those of the day of the run:', () => {
  const costOn = async (day: string) => {
    const cwd = await album(1);
    const server = await serve((response) =>
      sendJson(response, 200, { ...answer('A boat.'), modelVersion: 'gemini-4-carbon' }),
    );
    const photo = `photos/${nameOf(0)}`;
    const model = ['-m', 'gemini-4-carbon'];
    const options = { cwd, env: server.env, today: new Date(day) };
    const dry = await runInProcess(['describe', photo, ...model, '--dry-run'], options);
    const limit = ['--max-cost', '0.006'];
    const wet = await runInProcess(['describe', photo, ...model, '-f', 'json', ...limit], options);
    return { ...wet, estimate: JSON.parse(dry.stdout).estimate.costUsd };
  };

  test('records, the dry run and --max-cost', async () => {
    const before = await costOn('2026-11-30T23:59:59Z');
    expect(JSON.parse(before.stdout).costUsd).toBe(0.00238);
    const after = await costOn('2026-12-01T00:00:00Z');
    expect(after.estimate).toBe(2 * before.estimate);
    expect(after).toMatchObject({ code: 5, stdout: '' });
    expect(after.stderr).toContain('--max-cost');
  });
});

test('--max-cost counts the attempts that came to nothing, and stops within the calls in flight', async () => {
  const cwd = await album(8);
  const attempts = new Map<number, number>();
  const server = await serve((response, _, request) => {
    const picture = numberIn(request);
    const attempt = (attempts.get(picture) ?? 0) + 1;
    attempts.set(picture, attempt);
    sendJson(response, 200, attempt < 3 ? lost : { ...answer('A boat.'), usageMetadata });
  });
  const args = ['describe', 'photos', '-c', '2', '--max-cost', '0.03', '-f', 'jsonl'];
  const { code, stderr } = await runInProcess(args, { cwd, env: server.env });
  const each = (1000 * 0.3 + 2000 * 2.5) / 1e6;
  expect(code).toBe(5);
  expect(stderr).toContain('--max-cost');
  expect(server.requests.length * each).toBeLessThanOrEqual(0.03 + 2 * each);
  // What the summary says is what the server has billed.
  expect(stderr).toContain(`${server.requests.length},000 tokens in`);
});
