import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { loadPicture } from '../../../src/images/load.js';
import { LOADING } from '../../support/loading.js';

const XMLNS = 'xmlns="http://www.w3.org/2000/svg"';
const SQUARE = '<rect width="50" height="50" fill="#00f"/>';

async function drawn(svg: string | Buffer, more = {}) {
  const bytes = Buffer.from(svg);
  const { content, facts, notices } = await loadPicture(
    { id: 'a.svg', label: 'a.svg', bytes },
    { ...LOADING, ...more },
  );
  const sent = Buffer.from(await content.read(0, content.size));
  const { data, info } = await sharp(sent).raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  /** The colour at a place, in parts of the width and height. */
  const at = (x: number, y: number) => {
    const from = (Math.floor(y * height) * width + Math.floor(x * width)) * channels;
    // JPEG and the mixing of colours change a value a little.
    return [...data.subarray(from, from + 3)].map((value) => Math.round(value / 16) * 16);
  };
  return { at, width, height, facts, notices };
}

const BLUE = [0, 0, 256];
const WHITE = [256, 256, 256];

describe('the size of a drawing', () => {
  test.each([
    ['no size', ''],
    ['parts of a window', 'width="100%" height="100%"'],
    ['a width', 'width="50"'],
    ['a height', 'height="50"'],
    ['both', 'width="50" height="50"'],
    ['both, in inches', 'width=".5208333in" height="0.5208333in"'],
    ['both, in its style', 'style="width: 50px; height: 50px"'],
    ['an empty viewBox', 'viewBox="0 0 0 0"'],
  ])('that gives %s fills its canvas', async (_, attributes) => {
    const { at, width, height } = await drawn(`<svg ${XMLNS} ${attributes}>${SQUARE}</svg>`);
    expect([width, height]).toEqual([1024, 1024]);
    expect([at(0.01, 0.01), at(0.98, 0.98)]).toEqual([BLUE, BLUE]);
  });

  test.each([
    ['a viewBox alone', 'viewBox="0 0 100 50"', 1024, 512],
    ['a viewBox and a width', 'viewBox="0 0 100 50" width="10"', 1024, 512],
    ['a viewBox and a height', 'viewBox="0 0 100 50" height="10mm"', 1024, 512],
    ['a viewBox and parts', 'viewBox="0 0 100 50" width="100%" height="100%"', 1024, 512],
    ['physical units', 'width="10cm" height="50mm"', 1024, 512],
    ['points and picas', 'width="12pt" height="2pc"', 512, 1024],
  ])('by %s has its shape', async (_, attributes, width, height) => {
    const sent = await drawn(`<svg ${XMLNS} ${attributes}>${SQUARE}</svg>`);
    expect([sent.width, sent.height]).toEqual([width, height]);
  });

  test('holds physical units inside of it too', async () => {
    const { at } = await drawn(
      `<svg ${XMLNS} viewBox="0 0 192 96"><rect width="1in" height="1in" fill="#00f"/></svg>`,
    );
    expect([at(0.49, 0.5), at(0.51, 0.5)]).toEqual([BLUE, WHITE]);
  });

  test('what stands away from the origin stays there', async () => {
    const { at, facts } = await drawn(
      `<svg ${XMLNS}><rect x="50" y="50" width="50" height="50" fill="#00f"/></svg>`,
    );
    expect([facts.width, facts.height]).toEqual([100, 100]);
    expect([at(0.25, 0.25), at(0.75, 0.75)]).toEqual([WHITE, BLUE]);
  });
});

describe('behind a drawing', () => {
  const drawing = (fill: string, attributes = '') =>
    `<svg ${XMLNS} viewBox="0 0 100 100" ${attributes}><circle cx="50" cy="50" r="30" fill="${fill}"/></svg>`;

  test('is white', async () => {
    const { at, facts } = await drawn(drawing('#00f'));
    expect([at(0.02, 0.02), at(0.5, 0.5)]).toEqual([WHITE, BLUE]);
    expect(facts.sent.changes).toEqual(['flattened', 'converted']);
  });

  test('is grey where white would hide it', async () => {
    const { at } = await drawn(drawing('#fff'));
    expect([at(0.02, 0.02), at(0.5, 0.5)]).toEqual([[128, 128, 128], WHITE]);
  });

  test.each([
    'background-color: #00f',
    'stroke: red; background:blue',
    'background: rgb(0, 0, 255)',
  ])('is the colour of the root: %s', async (style) => {
    const { at } = await drawn(drawing('#fff', `style="${style}"`));
    expect([at(0.02, 0.02), at(0.98, 0.5), at(0.5, 0.5)]).toEqual([BLUE, BLUE, WHITE]);
  });

  test('is what is asked for', async () => {
    expect((await drawn(drawing('#fff'), { background: '#0000ff' })).at(0, 0)).toEqual(BLUE);
  });
});

test.each(['gif', 'webp', 'avif', 'png', 'jpeg'] as const)(
  'an embedded picture is drawn: %s',
  async (format) => {
    const red = { width: 8, height: 8, channels: 3, background: '#00f' } as const;
    const data = (await sharp({ create: red }).toFormat(format).toBuffer()).toString('base64');
    // Files break such lines.
    const lines = data.replace(/.{60}/g, '$&\n');
    const { at } = await drawn(
      `<svg ${XMLNS} xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 20 20">
        <image width="20" height="20" xlink:href="data:image/${format};base64,${lines}"/></svg>`,
    );
    expect(at(0.5, 0.5)).toEqual(BLUE);
  },
);

describe('a drawing is read', () => {
  const PREFIXED = `<x-1:svg xmlns:x-1="http://www.w3.org/2000/svg" style="background-color:#00f" width="9" height="9"/>`;
  const ENTITIES = `<!DOCTYPE svg [<!ENTITY blue "#00f"> ${'<!ENTITY more "]>">'.repeat(90)}]>`;

  test.each([
    ['whose names have a prefix', PREFIXED],
    [
      'behind a long list of entities',
      `<?xml version="1.0"?>${ENTITIES}<svg ${XMLNS} width="9" height="9"><rect width="9" height="9" fill="&blue;"/></svg>`,
    ],
    ['behind a comment', `<!-- <svg width="3"> --><svg ${XMLNS}>${SQUARE}</svg>`],
    ['packed by gzip', gzipSync(`<svg ${XMLNS}>${SQUARE}</svg>`)],
    [
      'in UTF-16',
      Buffer.from(
        `\ufeff<?xml version="1.0" encoding="utf-16"?><svg ${XMLNS}>${SQUARE}</svg>`,
        'utf16le',
      ),
    ],
    [
      'in Latin-1',
      Buffer.from(
        `<?xml version="1.0" encoding="iso-8859-1"?><svg ${XMLNS} id="é">${SQUARE}</svg>`,
        'latin1',
      ),
    ],
  ])('%s', async (_, svg) => {
    const { at } = await drawn(svg);
    expect([at(0.1, 0.1), at(0.9, 0.9)]).toEqual([BLUE, BLUE]);
  });

  test('is refused if it is packed and damaged', async () => {
    const bytes = gzipSync(`<svg ${XMLNS}>${SQUARE}${'<g/>'.repeat(99)}</svg>`);
    await expect(drawn(bytes.subarray(0, -12))).rejects.toMatchObject({
      message: 'it cannot be decoded: it is packed by gzip, and damaged',
    });
  });
});
