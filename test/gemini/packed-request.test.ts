import { expect, test } from 'vitest';
import { type Content, contentOf } from '../../src/domain/content.js';
import { lend } from '../../src/domain/lent-memory.js';
import { packRequest } from '../../src/gemini/packed-request.js';

/** In bytes; the base64 of it has a size that no other test lends. */
const SIZE = 500_000;
const BASE64 = 4 * Math.ceil(SIZE / 3);

const packed = () =>
  packRequest({
    parts: [
      { inline: { content: contentOf(Buffer.alloc(SIZE, 1)), mimeType: 'image/png' } },
      { inline: { content: contentOf(Buffer.alloc(3, 2)), mimeType: 'image/png' } },
      { text: 'What is it?' },
    ],
  });

/** The bytes of a picture in a request that is about to be sent. */
function pictureIn(pieces: readonly (string | Uint8Array)[]): Uint8Array {
  const picture = pieces.find((piece) => piece instanceof Uint8Array && piece.length === BASE64);
  if (!(picture instanceof Uint8Array)) throw new Error('the picture is missing');
  return picture;
}

test('the data of each picture stand in their places', async () => {
  const { request, unpack } = await packed();
  const text = unpack(JSON.stringify(request))
    .map((piece) => (typeof piece === 'string' ? piece : Buffer.from(piece).toString('latin1')))
    .join('');
  const [first, second] = JSON.parse(text).contents[0].parts;
  expect(Buffer.from(first.inlineData.data, 'base64').equals(Buffer.alloc(SIZE, 1))).toBe(true);
  expect(Buffer.from(second.inlineData.data, 'base64').equals(Buffer.alloc(3, 2))).toBe(true);
});

test('they are the same in a long run, from a file as from memory', async () => {
  const bytes = Buffer.from(Array.from({ length: 800_003 }, (_, at) => (at * 7919) % 251));
  const inMemory = contentOf(bytes);
  const { read } = inMemory;
  const ask = async (content: Content) => {
    const { unpack, request } = await packRequest({
      parts: [{ inline: { content, mimeType: 'image/png' } }],
    });
    const pieces = unpack(JSON.stringify(request));
    return Buffer.concat(pieces.filter((piece) => piece instanceof Uint8Array)).toString('latin1');
  };
  const one = contentOf(Buffer.alloc(1));
  for (let times = 0; times < 200; times += 1) await ask(one);
  const wanted = bytes.toString('base64');
  expect((await ask(inMemory)) === wanted).toBe(true);
  expect((await ask({ size: bytes.length, read })) === wanted).toBe(true);
  expect(await ask(one)).toBe('AA==');
});

test('memory is used again once the request has left and has its answer', async () => {
  const { request, unpack, left, release } = await packed();
  const { buffer } = pictureIn(unpack(JSON.stringify(request)));
  left();
  release();
  expect(lend(BASE64).buffer === buffer).toBe(true);
});

test('but not if an attempt may still be on its way', async () => {
  const { request, unpack, left, release } = await packed();
  const { buffer } = pictureIn(unpack(JSON.stringify(request)));
  unpack(JSON.stringify(request));
  left();
  release();
  expect(lend(BASE64).buffer === buffer).toBe(false);
});
