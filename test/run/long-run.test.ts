import { expect, test } from 'vitest';
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
