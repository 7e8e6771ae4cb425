import { expect, onTestFinished, test } from 'vitest';
import { startEmulator } from '../../src/emulator/emulator.js';
import { album, albumServer } from '../support/album.js';
import { runInProcess as run } from '../support/in-process.js';

/** How many pictures were answered whenever a run over `count` pictures asked to keep memory small. */
async function answeredBefore(count: number): Promise<number[]> {
  const cwd = await album(count);
  const server = await albumServer();
  const answered: number[] = [];
  const keepMemorySmall = () => answered.push(server.requests.length);
  const args = ['describe', 'photos', '-o', 'captions.jsonl', '-q'];
  expect(await run(args, { cwd, ...server, keepMemorySmall })).toMatchObject({ code: 0 });
  expect(server.requests).toHaveLength(count);
  return answered;
}

test('memory stops growing after 250 pictures, and a shorter run is left alone', async () => {
  expect(await answeredBefore(20)).toEqual([]);
  const [first = 0, ...others] = await answeredBefore(260);
  expect(first).toBeGreaterThan(250);
  expect(others).toEqual([]);
});

test('so it does once as many are submitted in batches', async () => {
  const emulator = await startEmulator({ batchMs: 3_600_000 });
  onTestFinished(emulator.close);
  const env = { GEMINI_API_KEY: 'test', GOOGLE_GEMINI_BASE_URL: emulator.url };
  const calls = async (count: number) => {
    const cwd = await album(count);
    let called = 0;
    const keepMemorySmall = () => {
      called += 1;
    };
    const args = ['describe', 'photos', '-o', 'captions.jsonl', '--batch'];
    expect((await run(args, { cwd, env, keepMemorySmall })).code).toBe(8);
    return called;
  };
  expect([await calls(20), await calls(260)]).toEqual([0, 1]);
});
