import { describe, expect, onTestFinished, test } from 'vitest';
import { startEmulator } from '../../src/emulator/emulator.js';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { KEY, sendJson, serve } from '../support/scripted-server.js';

const BEFORE = new Date('2026-11-28T12:00:00Z');
const AFTER = new Date('2027-02-01T12:00:00Z');

async function service() {
  const emulator = await startEmulator();
  onTestFinished(() => emulator.close());
  return { GEMINI_API_KEY: 'test-key', GOOGLE_GEMINI_BASE_URL: emulator.url };
}

/** The lines of the table, by model. */
function lines(stdout: string): Map<string, string> {
  return new Map(stdout.split('\n').map((line) => [line.split(' ')[0] ?? '', line]));
}

describe('gemini-image models', () => {
  test('joins what the service lists with the prices and levels of the table', async () => {
    const { code, stdout, stderr } = await runInProcess(['models'], {
      env: await service(),
      today: BEFORE,
    });
    expect(code).toBe(0);
    const rows = lines(stdout);
    expect(rows.get('gemini-3.5-flash-lite')).toMatch(
      /default +0\.30 \/ 2\.50 +0\.15 \/ 1\.25 +0\.60 \/ 5\.00 +yes +minimal low medium high$/,
    );
    expect(rows.get('gemini-4-carbon')).toMatch(/from 2026-12-01 4\.00 \/ 20\.00$/);
    expect(rows.get('gemini-3.1-flash-lite')).toContain('ends on 2027-05-07 at the earliest');
    expect(rows.has('gemini-2.5-flash')).toBe(false);
    expect(rows.has('gemini-flash-latest')).toBe(false);
    expect(stderr).toBe(
      'US dollars for a million tokens, input / output, at the prices of 2026-11-28\n',
    );
  });

  test('on a narrow terminal, what does not fit goes below each model', async () => {
    const on = async (columns: number) =>
      (await runInProcess(['models', '--offline'], { today: BEFORE, columns })).stdout;
    const whole = await on(200);
    expect(whole.split('\n')).toHaveLength(13);
    const lines = (await on(80)).split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    const at = lines.findIndex((line) => line.startsWith('gemini-4-carbon'));
    expect(lines[at]).toContain('2.00 / 10.00  1.00 / 5.00');
    expect(lines[at + 1]).toMatch(/^ {4}thinking .*: medium low high;/);
    expect((await on(40)).split('\n').filter((line) => line.length > 40)).toEqual([]);
  });

  test('--all has the closed ones, aliases and what is routed', async () => {
    const env = await service();
    const before = lines((await runInProcess(['models', '--all'], { env, today: BEFORE })).stdout);
    expect(before.get('gemini-2.5-flash')).toMatch(
      /closed .* from 2026-12-01 gemini-3\.5-flash-lite answers$/,
    );
    expect(before.get('gemini-flash-latest')).toMatch(/alias/);
    const after = lines((await runInProcess(['models', '--all'], { env, today: AFTER })).stdout);
    expect(after.get('gemini-2.5-flash')).toMatch(/routed .* gemini-3\.5-flash-lite answers$/);
    expect(after.get('gemini-4-carbon')).toContain('4.00 / 20.00');
  });

  test('says which models the service does not list for this key', async () => {
    const page = (names: string[], nextPageToken?: string) => ({
      models: names.map((name) => ({
        name: `models/${name}`,
        supportedGenerationMethods: ['generateContent'],
      })),
      ...(nextPageToken && { nextPageToken }),
    });
    const pages = [
      page(['gemini-3.5-flash-lite'], 'next'),
      page(['gemini-9-xenon', 'gemini-1.5-pro']),
    ];
    const server = await serve((response, at) => sendJson(response, 200, pages[at] ?? {}));
    const env = { GEMINI_API_KEY: KEY, GOOGLE_GEMINI_BASE_URL: server.url };
    const { stdout } = await runInProcess(['models', '--all', '-f', 'json'], {
      env,
      today: BEFORE,
    });
    const { models, source } = JSON.parse(stdout);
    const states = Object.fromEntries(
      models.map(({ model, state }: { model: string; state: string }) => [model, state]),
    );
    expect(source).toBe('service');
    expect(states).toMatchObject({
      'gemini-3.5-flash-lite': 'stable',
      'gemini-3.8-flash': 'unlisted',
      'gemini-9-xenon': 'unknown',
      'gemini-1.5-pro': 'retired',
    });
    expect(models[0]).toMatchObject({
      default: true,
      batch: false,
      prices: { standard: { input: 0.3 }, batch: { output: 1.25 } },
    });
  });

  test('--offline is the table alone, with its date, and needs no key', async () => {
    const { code, stdout, stderr } = await runInProcess(['models', '--offline'], {
      cwd: temporaryFolder(),
      today: BEFORE,
    });
    expect(code).toBe(0);
    expect(lines(stdout).get('gemini-3.8-flash')).toContain('0.375 / 1.875');
    expect(stderr).toContain('at the prices of 2026-11-28');
    expect(stderr).toContain("offline: this version's own table");
  });

  test('without a key it fails with 4 and names --offline', async () => {
    const { code, stderr } = await runInProcess(['models'], { cwd: temporaryFolder() });
    expect(code).toBe(4);
    expect(stderr).toContain('--offline');
  });
});

test('a model that there is not gets the nearest names', async () => {
  const env = await service();
  const ask = async (model: string) => {
    const args = ['describe', 'fixtures/small.png', '-m', model];
    return (await runInProcess(args, { env })).stderr;
  };
  expect(await ask('gemini-3.5-flsh-lite')).toContain('Did you mean gemini-3.5-flash-lite');
  expect(await ask('neon')).toContain('Did you mean gemini-4-neon?');
  expect(await ask('gpt-7')).toContain('Use the default model');
  expect(await ask('Gemini 3.8 Flash')).toContain('Did you mean gemini-3.8-flash');
});
