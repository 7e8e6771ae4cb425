/** A client of batch jobs, and jobs of the emulator whose time a test makes pass. */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Question } from '../../../src/domain/question.js';
import type { EmulatorOptions } from '../../../src/emulator/emulator.js';
import { startEmulator } from '../../../src/emulator/emulator.js';
import type {
  BatchClientSettings,
  BatchRow,
  ReadRows,
} from '../../../src/gemini/batches/batch-client.js';
import { createBatchClient } from '../../../src/gemini/batches/batches.js';
import { KEY, MODEL, questionOf, testClock } from '../../support/ask.js';
import { fixtureBytes, temporaryFolder } from '../../support/files.js';

export function batchClient(url: string, settings: Partial<BatchClientSettings> = {}) {
  return createBatchClient({
    apiKey: KEY,
    baseUrl: url,
    timeoutMs: 60_000,
    retries: 2,
    clock: testClock(),
    ...settings,
  });
}

export const LIMITS = { bytes: 1e9, requests: 1000, model: MODEL };

export const question = (prompt = 'What is it?', more: Partial<Question> = {}) => ({
  ...questionOf(fixtureBytes('small.png'), prompt),
  ...more,
});

/** An emulator whose jobs take 1,000 ms, which pass when a test says so. */
export async function batchWorld(
  options: EmulatorOptions = {},
  settings: Partial<BatchClientSettings> = {},
) {
  let time = Date.parse('2026-11-28T12:00:00Z');
  const { url, close } = await startEmulator({ batchMs: 1000, now: () => time, ...options });
  onTestFinished(close);
  const client = batchClient(url, settings);
  const folder = temporaryFolder();
  let files = 0;
  const upload = async (keys: readonly string[], more: Partial<Question> = {}) => {
    files += 1;
    const path = join(folder, `${files}.jsonl`);
    const input = await client.openInput(path, LIMITS);
    for (const key of keys) await input.add(key, question('What is it?', more));
    await input.close();
    return (await client.upload(path)).name;
  };
  const create = async (keys: readonly string[], more?: Partial<Question>) =>
    client.create({ model: MODEL, displayName: 'mine', inputFile: await upload(keys, more) });
  return {
    url,
    client,
    folder,
    upload,
    create,
    created: async (keys: readonly string[], more?: Partial<Question>) => {
      const creation = await create(keys, more);
      if (creation.outcome !== 'created') throw creation.error;
      return creation.job;
    },
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
    /** The job once it is final. */
    async end(name: string) {
      time += 1000;
      for (;;) {
        const job = await client.get(name);
        if (job.isFinal) return job;
      }
    },
    path: (name: string) => join(folder, name),
  };
}

export async function rowsOf(
  client: ReturnType<typeof batchClient>,
  path: string,
  options: Partial<ReadRows> = {},
): Promise<BatchRow[]> {
  return all(client.rows(path, { model: MODEL, ...options }));
}

export async function all<One>(many: AsyncIterable<One>): Promise<One[]> {
  const found: One[] = [];
  for await (const one of many) found.push(one);
  return found;
}
