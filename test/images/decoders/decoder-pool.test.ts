import { expect, test } from 'vitest';
import { type Allowance, DecoderPool } from '../../../src/images/decoders/decoder-pool.js';
import { slowDrawing } from '../../support/bombs.js';

test('photos that WebAssembly decodes go one after another, and others overtake them', async () => {
  const pool = new DecoderPool();
  const stop = new AbortController();
  const allowance = (heavyPixels: number): Allowance => ({
    timeoutMs: 60_000,
    memory: 0,
    budget: 2_000_000_000,
    heavyPixels,
    signal: stop.signal,
  });
  const options = { maxEdge: 0, keepMetadata: false };
  const slow = { task: 'prepare', picture: slowDrawing(), format: 'svg', options } as const;
  const first = pool.run(slow, allowance(6_000_000));
  let isSecondDone = false;
  const start = { task: 'start', need: '' } as const;
  const second = pool.run(start, { ...allowance(6_000_000), signal: undefined }).then(() => {
    isSecondDone = true;
  });
  // A small one fits beside the first; a JPEG is not one of them at all.
  await pool.run(start, { ...allowance(3_000_000), signal: undefined });
  await pool.run(start, { ...allowance(0), signal: undefined });
  expect(isSecondDone).toBe(false);
  stop.abort();
  await expect(first).rejects.toMatchObject({ kind: 'interrupted' });
  await second;
});
