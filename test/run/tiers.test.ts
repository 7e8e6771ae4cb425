/** `--tier` on the command line, against a server that looks and against the emulator. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { startEmulator } from '../../src/emulator/emulator.js';
import { album, nameOf } from '../support/album.js';
import { runInProcess } from '../support/in-process.js';
import { answer, sendJson, serve } from '../support/scripted-server.js';

const PHOTO = `photos/${nameOf(0)}`;

async function emulator(options: Parameters<typeof startEmulator>[0] = {}) {
  const { url, close } = await startEmulator(options);
  onTestFinished(close);
  return { GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: 'test-key-0123456789' };
}

describe('--tier flex', () => {
  test('is in the record with its half price, from the emulator too', async () => {
    const cwd = await album(1);
    const env = await emulator({ fail: [{ status: 503, share: 0.5, tier: 'flex' }] });
    const run = async (...args: string[]) =>
      JSON.parse(
        (await runInProcess(['describe', PHOTO, '-f', 'json', ...args], { cwd, env })).stdout,
      );
    const flex = await run('--tier', 'flex');
    const usual = await run();
    expect(flex).toMatchObject({ tier: 'flex', costUsd: usual.costUsd / 2, usage: usual.usage });
    expect(usual).not.toHaveProperty('tier');
    // The tier is no part of the question.
    expect(flex.request).toBe(usual.request);
  });

  test('is in the record of an answer that was refused and billed', async () => {
    const cwd = await album(1);
    const usageMetadata = { promptTokenCount: 1000, serviceTier: 'flex' };
    const server = await serve((response) =>
      sendJson(response, 200, { ...answer('', 'SAFETY'), usageMetadata }),
    );
    const args = ['describe', PHOTO, '--tier', 'flex', '-f', 'json'];
    const { code, stdout } = await runInProcess(args, { cwd, env: server.env });
    expect(code).toBe(7);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', tier: 'flex', costUsd: 0.00015 });
  });

  test('says with --stream that it may take minutes', async () => {
    const cwd = await album(1);
    const env = await emulator();
    const args = ['describe', PHOTO, '--stream', '--tier', 'flex'];
    expect((await runInProcess(args, { cwd, env })).stderr).toMatch(/may take minutes/);
  });

  test('ends the run if the model lacks it', async () => {
    const cwd = await album(12);
    const server = await serve((response) =>
      sendJson(response, 400, {
        error: {
          code: 400,
          status: 'INVALID_ARGUMENT',
          message: 'Service tier flex is not supported.',
        },
      }),
    );
    const args = ['describe', 'photos', '--tier', 'flex', '-c', '2'];
    const { code, stderr } = await runInProcess(args, { cwd, env: server.env });
    expect(code).toBe(2);
    expect(server.requests.length).toBeLessThanOrEqual(2);
    expect(stderr.match(/does not offer this tier/g)).toHaveLength(1);
  });

  test('is shown by --dry-run, for many pictures next to the standard price', async () => {
    const cwd = await album(20);
    const one = await runInProcess(['describe', PHOTO, '--dry-run', '--tier', 'flex'], { cwd });
    expect(JSON.parse(one.stdout).body).toMatchObject({ serviceTier: 'flex' });
    const many = await runInProcess(['describe', 'photos', '--dry-run', '-f', 'json'], { cwd });
    const { costUsd, tiers } = JSON.parse(many.stdout);
    expect(tiers).toEqual([
      { tier: 'standard', costUsd },
      { tier: 'flex', costUsd: costUsd / 2, minutes: { least: 3, most: 45 } },
      { tier: 'batch', costUsd: costUsd / 2, minutes: { least: 1, most: 1440 } },
    ]);
    const text = await runInProcess(['describe', 'photos', '--dry-run'], { cwd });
    expect(text.stdout).toMatch(/standard +about \$\S+; an answer takes seconds/);
    expect(text.stdout).toMatch(
      /flex +about \$\S+ with --tier flex; an answer takes 1 to 15 minutes/,
    );
    const args = ['describe', 'photos', '--dry-run', '-f', 'jsonl', '--batch', '-o', 'c.jsonl'];
    const batch = await runInProcess(args, { cwd });
    expect(JSON.parse(batch.stdout).costUsd).toBe(costUsd / 2);
    expect(text.stdout).toMatch(/batch +about \$\S+ with --batch; all answers within a day/);
  });

  test('sets the price for --max-cost, unless the standard price may have to be paid', async () => {
    const cwd = await album(1);
    const server = await serve((response) => sendJson(response, 200, answer('A boat.')));
    const run = (...args: string[]) =>
      runInProcess(['describe', PHOTO, '--max-cost', '0.0008', '--tier', 'flex', ...args], {
        ...{ cwd, env: server.env },
      });
    expect((await run()).code).toBe(0);
    expect(await run('--tier-fallback')).toMatchObject({ code: 5 });
    expect(server.requests).toHaveLength(1);
  });
});

test.each([
  ['and its answer says so', { serviceTier: 'standard' }],
  ['and its answer names no tier', {}],
])('what --tier-fallback had to pay for is counted in the summary, %s', async (_, named) => {
  const cwd = await album(2);
  const server = await serve((response, _, { json }) => {
    if (json.serviceTier === 'flex') {
      return sendJson(response, 503, {
        error: { code: 503, status: 'UNAVAILABLE', message: 'No.' },
      });
    }
    const said = answer('A boat.');
    const usageMetadata = { promptTokenCount: 1, ...named };
    sendJson(response, 200, { ...said, usageMetadata });
  });
  const args = ['describe', 'photos', '--tier', 'flex', '--tier-fallback', '--retries', '0'];
  const { code, stderr } = await runInProcess(args, { cwd, env: server.env });
  expect(code).toBe(0);
  expect(stderr).toContain('2 described, 2 of them at the standard price instead of flex');
  expect(stderr.match(/asked once more at the standard price/g)).toHaveLength(1);
  expect(server.requests).toHaveLength(4);
});

test('--tier-fallback wants --tier flex', async () => {
  const cwd = await album(1);
  const { code, stderr } = await runInProcess(['describe', PHOTO, '--tier-fallback'], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain('--tier flex');
});

describe('the emulator', () => {
  const post = async (
    env: Record<string, string>,
    serviceTier: string,
    model = 'gemini-3.5-flash-lite',
  ) =>
    fetch(`${env.GOOGLE_GEMINI_BASE_URL}/v1beta/models/${model}:generateContent`, {
      method: 'POST',
      headers: { 'x-goog-api-key': 'k', 'content-type': 'application/json' },
      body: JSON.stringify({ contents: [{ parts: [{ text: 'Hi' }] }], serviceTier }),
    });

  test('takes tiers in lower case only, of models that have them, and says which one served', async () => {
    const env = await emulator();
    const served = await post(env, 'flex');
    expect(served.headers.get('x-gemini-service-tier')).toBe('flex');
    expect(await served.json()).toMatchObject({ usageMetadata: { serviceTier: 'flex' } });
    expect((await post(env, 'FLEX')).status).toBe(400);
    expect((await post(env, 'flex', 'gemini-3.1-pro-preview')).status).toBe(400);
    expect((await post(env, 'standard', 'gemini-3.1-pro-preview')).status).toBe(200);
  });

  test('refuses flex for lack of room, on request', async () => {
    const env = await emulator({ fail: [{ status: 429, share: 1, tier: 'flex' }] });
    expect((await post(env, 'standard')).status).toBe(200);
    const shed = await post(env, 'flex');
    expect(shed.status).toBe(429);
    expect(await shed.json()).toEqual({
      error: expect.not.objectContaining({ details: expect.anything() }),
    });
  });
});
