import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { loadPicture } from '../../../src/images/load.js';
import { pathInOptional } from '../../../src/images/readers/optional-package.js';
import { LOADING } from '../../support/loading.js';

/** Node has it, but its types do not say so. */
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => WebAssembly.Module };

const require = createRequire(import.meta.url);
const WIDTH = 20;
const HEIGHT = 10;
/** Blue on the left, and nothing on the right. */
const rgba = new Uint8ClampedArray(
  Array.from({ length: WIDTH * HEIGHT }, (_, at) =>
    at % WIDTH < WIDTH / 2 ? [0, 0, 255, 255] : [0, 0, 0, 0],
  ).flat(),
);
const picture = { width: WIDTH, height: HEIGHT, data: rgba };

async function psd(): Promise<Buffer> {
  const { default: writer } = await import('ag-psd');
  return Buffer.from(writer.writePsdUint8Array({ ...picture, imageData: picture }));
}

async function jxl(): Promise<Buffer> {
  const { default: encode, init } = await import('@jsquash/jxl/encode.js');
  const wasm = require.resolve('@jsquash/jxl/codec/enc/jxl_enc.wasm');
  await init(new WebAssembly.Module(readFileSync(wasm)));
  return Buffer.from(await encode({ ...picture, colorSpace: 'srgb' }, { lossless: true }));
}

test.each([
  ['a Photoshop document', psd],
  ['a JPEG XL', jxl],
])('%s is converted', async (name, make) => {
  const named = { id: 'a', label: 'a', bytes: await make() };
  const { content, facts, notices } = await loadPicture(named, LOADING);
  expect(facts).toMatchObject({ width: WIDTH, height: HEIGHT });
  expect(facts.sent.changes).toEqual(['flattened', 'converted']);
  expect(notices[0]?.message).toBe(
    `a is ${name}, which Gemini does not take; sent as ${facts.sent.mimeType}`,
  );
  const sent = await content.read(0, content.size);
  const { data, info } = await sharp(sent).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number) => [...data.subarray((3 * WIDTH + x) * info.channels).subarray(0, 3)];
  expect([at(2), at(17)]).toEqual([
    [0, 0, 255],
    [255, 255, 255],
  ]);
});

test.each([
  ['a Photoshop document', psd],
  ['a JPEG XL', jxl],
])('%s that is damaged is refused', async (_, make) => {
  const whole = await make();
  const bytes = whole.subarray(0, Math.floor(whole.length * 0.7));
  await expect(loadPicture({ id: 'a', label: 'a', bytes }, LOADING)).rejects.toMatchObject({
    kind: 'input',
    message: expect.stringMatching(/^it cannot be decoded: /),
  });
});

test('a reader that is not installed is named, with the command that installs it', () => {
  expect(() => pathInOptional('no-such-reader', 'index.js', 'a Photoshop document')).toThrow(
    expect.objectContaining({
      kind: 'input',
      message:
        'it is a Photoshop document, which needs a reader that is not installed: no-such-reader',
      hint: expect.stringContaining('npm install no-such-reader'),
    }),
  );
});
