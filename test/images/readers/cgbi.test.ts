import { deflateRawSync, inflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { crc32 } from '../../../scripts/fuzz/crc32.mjs';
import { loadPicture } from '../../../src/images/load.js';
import { LOADING } from '../../support/loading.js';

function chunk(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length);
  head.write(type, 4, 'latin1');
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), data])));
  return Buffer.concat([head, data, sum]);
}

/** The picture as Apple's tools write it. */
async function cgbi(rgba: Buffer, width: number, height: number): Promise<Buffer> {
  const swapped = Buffer.from(rgba);
  for (let at = 0; at < rgba.length; at += 4) {
    const alpha = (rgba[at + 3] ?? 0) / 255;
    for (let channel = 0; channel < 3; channel += 1) {
      swapped[at + channel] = Math.round((rgba[at + 2 - channel] ?? 0) * alpha);
    }
  }
  const png = await sharp(swapped, { raw: { width, height, channels: 4 } })
    .png()
    .toBuffer();
  const parts = [png.subarray(0, 8), chunk('CgBI', Buffer.from([0x50, 0, 0x20, 2]))];
  const packed: Buffer[] = [];
  for (let at = 8; at < png.length; ) {
    const to = at + 12 + png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      packed.push(png.subarray(at + 8, to - 4));
    else if (to < png.length) parts.push(png.subarray(at, to));
    at = to;
  }
  const rows = deflateRawSync(inflateSync(Buffer.concat(packed)));
  const half = Math.floor(rows.length / 2);
  return Buffer.concat([
    ...parts,
    chunk('IDAT', rows.subarray(0, half)),
    chunk('IDAT', rows.subarray(half)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const load = (bytes: Buffer, more = {}) =>
  loadPicture({ id: 'icon.png', label: 'icon.png', bytes }, { ...LOADING, ...more });

describe("a PNG of Apple's own kind", () => {
  const rgba = Buffer.from(
    Array.from({ length: 20 * 10 }, (_, at) =>
      at % 20 < 10 ? [240, 80, 10, 255] : [0, 200, 100, 128],
    ).flat(),
  );

  test('is converted, with its colours and its alpha', async () => {
    const { content, facts, notices } = await load(await cgbi(rgba, 20, 10), {
      background: 'keep',
    });
    const sent = Buffer.from(await content.read(0, content.size));
    expect(sent.includes('CgBI')).toBe(false);
    const { data, info } = await sharp(sent)
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([20, 10]);
    expect([...data.subarray(0, 4)]).toEqual([240, 80, 10, 255]);
    expect([...data.subarray(15 * 4, 15 * 4 + 4)]).toEqual([0, 199, 100, 128]);
    expect(facts.sent.mimeType).toBe('image/png');
    expect(notices[0]?.message).toBe(
      "icon.png is a PNG of Apple's own kind (CgBI), which Gemini does not take; sent as image/png",
    );
  });

  test('does not go out as it is', async () => {
    await expect(load(await cgbi(rgba, 20, 10), { original: true })).rejects.toMatchObject({
      message: "it is a PNG of Apple's own kind (CgBI), which Gemini does not take",
    });
  });

  test('is refused with a reason if it is damaged', async () => {
    const whole = await cgbi(rgba, 20, 10);
    const cut = Buffer.concat([whole.subarray(0, whole.length - 40), whole.subarray(-12)]);
    await expect(load(cut)).rejects.toMatchObject({
      kind: 'input',
      message: expect.stringMatching(
        /^it is a PNG of Apple's own kind \(CgBI\), which is not read: /,
      ),
    });
  });
});
