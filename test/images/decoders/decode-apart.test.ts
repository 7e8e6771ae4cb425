import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { PictureFormat } from '../../../src/domain/picture.js';
import { type ApartOptions, prepareApart } from '../../../src/images/decoders/decode-apart.js';
import { decoderPool } from '../../../src/images/decoders/decoder-pool.js';
import { fileContent } from '../../../src/images/open/file.js';
import { held, openFile } from '../../../src/images/open/open.js';
import { hugeBitmap, slowDrawing } from '../../support/bombs.js';
import { fixtureBytes, temporaryFolder } from '../../support/files.js';

const OPTIONS = { maxEdge: 64, keepMetadata: false };
/** A drawing is as slow as it is large. */
const LARGE = { maxEdge: 0, keepMetadata: false };

function prepared(bytes: Uint8Array, format: PictureFormat, apart: ApartOptions = {}) {
  return prepareApart(held(bytes), format, format === 'svg' ? LARGE : OPTIONS, apart);
}

const photo = () => prepared(fixtureBytes('harbor.jpg'), 'jpeg');

describe('what is decoded of a large photo is what was opened, if its file', () => {
  /** A comment as long as one may be. */
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0xff, 0xff]), Buffer.alloc(65_533)]);
  const long = (jpeg: Uint8Array) =>
    Buffer.concat([
      jpeg.subarray(0, 2),
      ...Array.from({ length: 40 }, () => comment),
      jpeg.subarray(2),
    ]);

  test.each<[string, (path: string) => void]>([
    ['is still the same', () => {}],
    ['is another picture by then', (path) => writeFileSync(path, long(fixtureBytes('small.jpg')))],
    [
      'holds other bytes of the same size',
      (path) => writeFileSync(path, Buffer.alloc(long(fixtureBytes('harbor.jpg')).length)),
    ],
    ['is gone', (path) => rmSync(path)],
  ])('%s', async (_, change) => {
    const path = join(temporaryFolder({}), 'photo.jpg');
    const original = long(fixtureBytes('harbor.jpg'));
    writeFileSync(path, original);
    const image = await openFile(path, {});
    expect(image.file?.path).toBe(path);
    expect(image.file?.bytes).toBe(image.held);
    change(path);
    const made = await prepareApart(image, 'jpeg', OPTIONS, {});
    expect(Buffer.from(made.bytes)).toEqual(Buffer.from((await prepared(original, 'jpeg')).bytes));
  });
});

test('pictures of megabytes come back whole, one after another and at once', async () => {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const size = { width: 1600, height: 1200, channels: 3 } as const;
  const [one, other] = await Promise.all(
    ['#000', '#fff'].map((background) =>
      sharp({ create: { ...size, noise, background } })
        .tiff({ compression: 'none' })
        .toBuffer(),
    ),
  );
  if (!one || !other) throw new Error('two pictures were made');
  const original = { maxEdge: 0, keepMetadata: false };
  const made = async (bytes: Uint8Array) => {
    const picture = await prepareApart(held(bytes), 'tiff', original, {});
    return Buffer.from(picture.bytes);
  };
  const [first, second] = [await made(one), await made(other)];
  expect(first.length).toBeGreaterThan(1_000_000);
  expect(first.equals(second)).toBe(false);
  for (const bytes of [first, second]) await sharp(bytes, { failOn: 'warning' }).stats();
  const again = await Promise.all([one, other, one, other].map(made));
  for (const [at, bytes] of again.entries()) {
    expect(bytes.equals(at % 2 === 0 ? first : second)).toBe(true);
  }
});

test('a picture that takes longer than it may is refused, and the next one is decoded', async () => {
  const slow = prepared(slowDrawing(), 'svg', { limits: { timeoutMs: 500 } });
  await expect(slow).rejects.toMatchObject({
    kind: 'input',
    message: 'it takes longer than 0.5 seconds to decode',
    hint: expect.stringContaining('--decode-timeout'),
  });
  expect(await photo()).toMatchObject({ width: 64, mimeType: 'image/jpeg' });
});

test('a picture that takes more memory than there is for it is refused', async () => {
  const limits = { timeoutMs: 25_000, memoryBytes: 100_000_000 };
  await expect(prepared(slowDrawing(), 'svg', { limits })).rejects.toMatchObject({
    kind: 'input',
    message: 'it takes more than 100 MB of memory to decode',
    hint: expect.stringContaining('--decode-memory'),
  });
});

test('a claim that is too large is refused before anything is decoded', async () => {
  const limits = { memoryBytes: 500_000_000 };
  const size = { width: 16_000, height: 16_000 };
  await expect(prepared(hugeBitmap(16_000), 'bmp', { limits, size })).rejects.toMatchObject({
    kind: 'input',
    message: 'it would take about 2.7 GB of memory to decode; at most 500 MB are used',
    hint: 'Shrink it with another program first, or give it more with --decode-memory <mb>.',
  });
  const native = prepared(fixtureBytes('small.heic'), 'heic', { limits, size, canGoAsItIs: true });
  await expect(native).rejects.toMatchObject({
    hint: expect.stringContaining('Send it as it is with --original, shrink it'),
  });
});

test('one that takes its whole time holds up no others, and ends at once when called off', async () => {
  const stop = new AbortController();
  const slow = prepared(slowDrawing(), 'svg', {
    limits: { timeoutMs: 600_000 },
    signal: stop.signal,
  });
  const photos = await Promise.all(Array.from({ length: 12 }, photo));
  expect(photos.map(({ width }) => width)).toEqual(Array(12).fill(64));
  stop.abort();
  await expect(slow).rejects.toMatchObject({ kind: 'interrupted' });
  await expect(prepared(slowDrawing(), 'svg', { signal: stop.signal })).rejects.toMatchObject({
    kind: 'interrupted',
  });
});

describe.skipIf(process.platform === 'win32')('a decoder that is killed from outside', () => {
  const ownChildren = () =>
    spawnSync('pgrep', ['-P', String(process.pid)], { encoding: 'utf8' })
      .stdout.split('\n')
      .map(Number)
      .filter((pid) => pid > 0);
  /** As a system does that has no memory left. */
  const killAll = async (isOver: () => boolean) => {
    let pids = ownChildren();
    while (pids.length === 0 && !isOver()) {
      await setTimeout(5);
      pids = ownChildren();
    }
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    return pids;
  };

  test('has its picture decoded by another one', async () => {
    // One that has to start is not done before it is killed.
    for (; ownChildren().length > 0; await setTimeout(20)) await killAll(() => true);
    const decoded = photo();
    expect(await killAll(() => false)).toHaveLength(1);
    expect(await decoded).toMatchObject({ width: 64 });
  });

  test('fails its picture if that process is killed too', async () => {
    let isOver = false;
    const decoding = prepared(slowDrawing(), 'svg').finally(() => {
      isOver = true;
    });
    const failure = expect(decoding).rejects.toMatchObject({
      kind: 'input',
      message: 'its decoder crashed (SIGKILL)',
    });
    while (!isOver) {
      await killAll(() => isOver);
      await setTimeout(5);
    }
    await failure;
    expect(await photo()).toMatchObject({ width: 64 });
  });
});

describe('what is set aside for a picture', () => {
  const allowance = { timeoutMs: 25_000, budget: 1_000_000_000, signal: undefined };
  const start = (memory: number) =>
    decoderPool.run({ task: 'start', need: 'sharp' }, { ...allowance, memory });

  test('is the limit for all, and small ones pass by one that waits for room', async () => {
    const ends: string[] = [];
    const job = (name: string, memory: number) => start(memory).then(() => ends.push(name));
    const stop = new AbortController();
    const slow = decoderPool.run(
      { task: 'prepare', picture: new Uint8Array(slowDrawing()), format: 'svg', options: LARGE },
      { ...allowance, memory: 600_000_000, signal: stop.signal },
    );
    const large = job('large', 600_000_000);
    await job('small', 100_000_000);
    expect(ends).toEqual(['small']);
    stop.abort();
    await expect(slow).rejects.toMatchObject({ kind: 'interrupted' });
    await large;
    expect(ends).toEqual(['small', 'large']);
  });
});

test('a large file whose name ends in options of a decoder is read as what it is', async () => {
  const cwd = temporaryFolder();
  const tiff = (background: string) =>
    sharp({ create: { width: 64, height: 64, channels: 3, background } })
      .tiff({ compression: 'none' })
      .toBuffer();
  writeFileSync(join(cwd, 'x.tif'), await tiff('#ff0000'));
  const path = join(cwd, 'x.tif[page=0]');
  writeFileSync(path, await tiff('#0000ff'));
  const { bytes } = await prepareApart(
    { content: await fileContent(path), held: path },
    'tiff',
    OPTIONS,
    {},
  );
  const [red, , blue] = await sharp(bytes).raw().toBuffer();
  expect([red, blue]).toEqual([0, 255]);
});
