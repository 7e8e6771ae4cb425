/** A dry run over several pictures: they are found and counted, and nothing else. */
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type DescribeFlags, describeOptions } from '../../src/commands/describe.js';
import { runOptions } from '../../src/commands/flags/run-flags.js';
import { GeminiImageError } from '../../src/domain/error.js';
import { findImages } from '../../src/images/find/find-images.js';
import { withoutGrace } from '../../src/network/stop-signals.js';
import type { CommandContext } from '../../src/run/context.js';
import { runDryRun } from '../../src/run/dry-run.js';
import { type EstimateOptions, estimateRun } from '../../src/run/estimate.js';
import { describeJob } from '../../src/tasks/describe/describe-task.js';
import { briefAsking } from '../support/briefs.js';
import { temporaryFolder } from '../support/files.js';
import { listening } from '../support/said.js';
import { bare } from '../support/surroundings.js';
import { webServer } from '../support/web-server.js';

const PHOTOS = { 'a.png': 'small.png', 'b.jpg': 'small.jpg', 'c.webp': 'small.webp' };

/** Everything that a dry run may use, with what it says and prints. */
function world(model = 'gemini-3.5-flash-lite') {
  const said: string[] = [];
  const say = listening((text) => said.push(text));
  const printed: string[] = [];
  const { signal } = new AbortController();
  const context: CommandContext = {
    surroundings: bare,
    stdin: { stream: () => Readable.from([]), isData: false },
    stdout: {
      isTerminal: false,
      write: async (text) => {
        printed.push(text);
      },
    },
    tell(event) {
      if (event.type === 'failed') said.push(`${event.about}: ${event.error.message}`);
      // What only --debug says is left out.
      else if (event.type !== 'passedOver') say(event);
    },
    showsTotal: false,
    args: [],
    signals: withoutGrace(signal),
    isUnread: () => false,
    allowGrace: () => {},
    today: new Date('2026-11-28'),
    settings: async () => ({
      model,
      baseUrl: () => 'http://127.0.0.1:9',
      apiKey: () => expect.unreachable('a dry run needs no key'),
      proxy: undefined,
      stepSummary: undefined,
      shardNumber: () => expect.unreachable('nothing is shared out'),
      cacheFolder: () => expect.unreachable('a dry run needs no cache'),
    }),
  };
  return { context, said, stdout: () => printed.join('') };
}

async function dryRun(images: string[], flags: Partial<DescribeFlags> = {}, model?: string) {
  const { context, said, stdout } = world(model);
  const defaults = { maxEdge: 3072, retries: 0, timeout: 10, concurrency: 8 };
  const wanted = { ...defaults, ...flags };
  const options = runOptions({ images }, wanted);
  const job = await describeJob(describeOptions(wanted), options, context);
  const tally = await runDryRun(job, options, context);
  return { tally, said, stdout: stdout() };
}

/** The same as one object. */
async function dryRunJson(images: string[], flags: Partial<DescribeFlags> = {}, model?: string) {
  const { stdout, ...rest } = await dryRun(images, { ...flags, format: 'json' }, model);
  return { ...rest, values: JSON.parse(stdout) };
}

describe('--dry-run of several pictures', () => {
  test('counts them, without opening any', async () => {
    const folder = temporaryFolder(PHOTOS);
    writeFileSync(join(folder, 'd.jpg'), 'no picture');
    const { values, tally, said } = await dryRunJson([folder], { prompt: 'x'.repeat(40) });
    expect(values).toMatchObject({ pictures: 4, done: 0, toAsk: 4, failed: 0 });
    expect(values).toMatchObject({ inputTokens: 4520, outputTokens: 240, basis: 'assumed' });
    expect(values.costUsd).toBe(0.001956);
    expect(Object.keys(values).join()).not.toMatch(/batch/i);
    expect(tally).toEqual({ produced: 4, failures: [] });
    expect(said).toEqual([]);
  });

  test('fetches no address', async () => {
    const server = await webServer({});
    const { values } = await dryRunJson([`${server.url}/a.png`, `${server.url}/b.png`]);
    expect(values).toMatchObject({ pictures: 2, toAsk: 2 });
    expect(server.requests).toHaveLength(0);
  });

  test('reports names without a picture, and counts the others', async () => {
    const folder = temporaryFolder(PHOTOS);
    const nothere = join(folder, 'nothere.png');
    const { values, tally, said } = await dryRunJson([folder, nothere, join(folder, '*.gif'), '']);
    expect(values).toMatchObject({ pictures: 3, toAsk: 3, failed: 3 });
    expect(tally).toEqual({ produced: 3, failures: ['input', 'input', 'input'] });
    expect(said).toEqual([
      `${nothere}: no such file`,
      expect.stringContaining('*.gif: no file matches'),
      ': the name is empty',
    ]);
  });

  test('prints nothing if there is no picture at all', async () => {
    const { stdout, tally, said } = await dryRun([temporaryFolder()]);
    expect(stdout).toBe('');
    expect(tally).toEqual({ produced: 0, failures: ['input'] });
    expect(said).toHaveLength(1);
  });

  test('says what was passed over', async () => {
    const folder = temporaryFolder(PHOTOS);
    writeFileSync(join(folder, 'notes.txt'), 'A list.\n');
    const { said } = await dryRun([folder]);
    expect(said).toEqual(['3 counted, 1 passed over that is no picture (1 text)']);
  });

  test('tells people in lines, also where the results would be CSV', async () => {
    const folder = temporaryFolder(PHOTOS);
    const { stdout } = await dryRun([folder], { rpm: 1 });
    expect(stdout).toMatch(/^pictures +3\nalready done +0\nto ask +3\n/);
    expect(stdout).toMatch(/\ntime +about 3 min at 1 request a minute\n$/);
    expect((await dryRun([folder], { rpm: 1, format: 'csv' })).stdout).toBe(stdout);
  });

  test('keeps to the given limits', async () => {
    const flags = { rpm: 4, tpm: 1_000_000, limit: 2 };
    const { values } = await dryRunJson([temporaryFolder(PHOTOS)], flags);
    expect(values).toMatchObject({ pictures: 3, toAsk: 2, minutes: 0.5 });
  });

  test('knows no price for an alias', async () => {
    const { values } = await dryRunJson([temporaryFolder(PHOTOS)], {}, 'gemini-flash-latest');
    expect(values).toMatchObject({ model: 'gemini-flash-latest', toAsk: 3 });
    expect(values).not.toHaveProperty('costUsd');
  });
});

describe('--dry-run of one request prints it:', () => {
  test('about one picture', async () => {
    const image = join(temporaryFolder(PHOTOS), 'a.png');
    const { stdout, tally } = await dryRun([image]);
    expect(JSON.parse(stdout)).toMatchObject({ image, method: 'POST' });
    expect(tally).toEqual({ produced: 1, failures: [] });
  });

  test('about several together', async () => {
    const folder = temporaryFolder(PHOTOS);
    const { stdout, tally } = await dryRun([folder], { together: true });
    expect(JSON.parse(stdout).images).toHaveLength(3);
    expect(tally).toEqual({ produced: 1, failures: [] });
  });

  test('unless it cannot be made', async () => {
    const image = join(temporaryFolder(PHOTOS), 'nothere.png');
    for (const together of [false, true]) {
      const { stdout, said, tally } = await dryRun([image], { together });
      expect(stdout).toBe('');
      expect(said.join()).toContain(`${image}: no such file`);
      expect(tally).toEqual({ produced: 0, failures: ['input'] });
    }
  });
});

test.each([false, true])('can be interrupted (together: %s)', async (together) => {
  const { context, said, stdout } = world();
  const images = [temporaryFolder(PHOTOS)];
  const flags = { maxEdge: 3072, retries: 0, timeout: 10, concurrency: 8, together };
  const options = runOptions({ images }, flags);
  const job = await describeJob(describeOptions(flags), options, context);
  const run = runDryRun(job, options, { ...context, signals: withoutGrace(AbortSignal.abort()) });
  await expect(run).rejects.toMatchObject({ kind: 'interrupted' });
  expect([stdout(), ...said]).toEqual(['']);
});

describe('what earlier runs did', () => {
  const web = { timeoutMs: 1000, retries: 0, allowPrivateHosts: false, proxy: undefined };
  const load = { web, maxEdge: 0, keepMetadata: false, original: false };
  const facts: EstimateOptions = {
    model: 'm',
    brief: briefAsking('What is it?'),
    price: undefined,
    load,
  };

  interface Wanted extends Partial<EstimateOptions> {
    isDone?: (image: { id: string }) => Promise<boolean>;
  }

  /** Estimates a run over three photos, and returns it with the names that failed. */
  async function estimate({ isDone, ...options }: Wanted) {
    const failed: string[] = [];
    const found = findImages({ images: [temporaryFolder(PHOTOS)] }, { recursive: false });
    const plan: EstimateOptions['plan'] = async ([image]) =>
      image && (await isDone?.(image))
        ? { kind: 'skip', before: { isAnswered: true } }
        : { kind: 'ask' };
    const result = await estimateRun(found, { ...facts, plan, ...options }, (error, name) => {
      if (!(error instanceof GeminiImageError)) throw error;
      failed.push(basename(name));
    });
    return { result, failed };
  }

  test('is not asked again', async () => {
    const isDone = async ({ id }: { id: string }) => id.endsWith('b.jpg');
    const { result, failed } = await estimate({ isDone, limit: 5 });
    expect(result).toMatchObject({ pictures: 3, done: 1, toAsk: 2, failed: 0 });
    expect(failed).toEqual([]);
  });

  test('is the expected usage of a picture', async () => {
    const { result } = await estimate({
      meanUsage: () => ({ inputTokens: 270, outputTokens: 31 }),
    });
    expect(result).toMatchObject({ inputTokens: 810, outputTokens: 93, basis: 'measured' });
  });

  test('may be unreadable for a picture, which then fails', async () => {
    const isDone = async ({ id }: { id: string }) => {
      if (!id.endsWith('b.jpg')) return true;
      throw new GeminiImageError({ kind: 'input', message: 'it has no place' });
    };
    const { result, failed } = await estimate({ isDone });
    expect(result).toMatchObject({ pictures: 2, done: 2, toAsk: 0, failed: 1 });
    expect(failed).toEqual(['b.jpg']);
  });

  test('but a bug is not reported as a failure', async () => {
    const isDone = async () => {
      throw new TypeError('a bug');
    };
    await expect(estimate({ isDone })).rejects.toThrow('a bug');
  });
});
