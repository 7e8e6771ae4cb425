/** A service whose batch jobs take as long as a test says, and the command line that asks it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type EmulatorOptions, startEmulator } from '../../../src/emulator/emulator.js';
import { temporaryFolder } from '../../support/files.js';
import { runInProcess } from '../../support/in-process.js';

export const PICTURES = { 'a.png': 'small.png', 'b.jpg': 'small.jpg', 'c.webp': 'small.webp' };
export const DESCRIBE = ['describe', 'a.png', 'b.jpg', 'c.webp', '-o', 'x.jsonl'];

/** A job as the service describes it. */
interface Operation {
  name: string;
  metadata: { state: string };
}

export const yieldTurn = () => new Promise((done) => setImmediate(done));

/** Pictures, and a service whose jobs take as long as a test says. */
export async function world(
  options: EmulatorOptions = {},
  pictures: Record<string, string> = PICTURES,
) {
  let time = Date.now();
  const emulator = await startEmulator({ batchMs: 1000, now: () => time, ...options });
  onTestFinished(emulator.close);
  const cwd = temporaryFolder(pictures);
  const env = { GEMINI_API_KEY: 'test', GOOGLE_GEMINI_BASE_URL: emulator.url };
  const run = (...args: string[]) => runInProcess(args, { cwd, env });
  const path = join(cwd, 'x.jsonl');
  const journal = `${path}.batch`;
  const operations = async () => {
    const headers = { 'x-goog-api-key': 'test' };
    const reply = await fetch(`${emulator.url}/v1beta/batches?pageSize=100`, { headers });
    const { operations = [] } = (await reply.json()) as { operations?: Operation[] };
    return operations;
  };
  return {
    cwd,
    env,
    run,
    journal,
    batch: (...more: string[]) => run(...DESCRIBE, '--batch', ...more),
    /** Lets time pass; with the whole second, until the emulator has answered all questions. */
    async pass(ms = 1000) {
      time += ms;
      const isOnTheWay = ({ metadata }: Operation) => /PENDING|RUNNING/.test(metadata.state);
      while (ms === 1000 && (await operations()).some(isOnTheWay)) await yieldTurn();
    },
    records: () => linesOf(path),
    events: () => linesOf(journal).map(({ event }) => event),
    jobs: async () => (await operations()).map(({ name }) => name),
    /** The names of files that are uploaded there. */
    async files() {
      const headers = { 'x-goog-api-key': 'test' };
      const reply = await fetch(`${emulator.url}/v1beta/files?pageSize=100`, { headers });
      const { files = [] } = (await reply.json()) as { files?: { name: string }[] };
      return files.map(({ name }) => name);
    },
    cancel: (name: string, method: 'POST' | 'DELETE' = 'POST') =>
      fetch(`${emulator.url}/v1beta/${name}${method === 'POST' ? ':cancel' : ''}`, {
        method,
        headers: { 'x-goog-api-key': 'test', 'content-type': 'application/json' },
        ...(method === 'POST' && { body: '{}' }),
      }),
  };
}

export function linesOf(path: string): Record<string, unknown>[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line));
}

export const ok = (records: readonly Record<string, unknown>[]) =>
  records.filter(({ status }) => status === 'ok').map(({ image }) => image);
