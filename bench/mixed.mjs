// Makes pictures that have to be converted: `node mixed.mjs <drawing> <folder> <count>`. They take
// turns: of each kind there is about the same number, and no two are alike. Drawings are left out, since
// ImageMagick needs another program for them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

const [drawing, folder, count] = process.argv.slice(2);
const EDGE = 1000;

const scene = (at) =>
  sharp(drawing)
    .resize({ width: EDGE + at })
    .modulate({ hue: at * 3 });

const kinds = {
  tif: (at) => scene(at).tiff({ compression: 'lzw' }),
  gif: (at) => scene(at).resize({ width: 500 }).gif({ effort: 1 }),
  avif: (at) => scene(at).avif({ effort: 0 }),
  jpg: (at) =>
    scene(at)
      .jpeg()
      .withExif({ IFD0: { Make: 'Example' } })
      .withMetadata({ orientation: 6 }),
  webp: (at) =>
    scene(at)
      .resize({ width: 3200 + at })
      .webp({ effort: 0 }),
  png: (at) => scene(at).ensureAlpha(0.7).png({ compressionLevel: 3 }),
};

for (let at = 0; at < Number(count); at += 1) {
  const names = [...Object.keys(kinds), 'bmp'];
  const kind = names[at % names.length];
  const path = join(folder, `${at}.${kind}`);
  if (kind === 'bmp')
    writeFileSync(path, bmp(await scene(at).raw().toBuffer({ resolveWithObject: true })));
  else await kinds[kind](at).toFile(path);
}

/** 24 bits, rows from the bottom up. */
function bmp({ data, info: { width, height } }) {
  const row = Math.ceil((width * 3) / 4) * 4;
  const file = Buffer.alloc(54 + row * height);
  file.write('BM');
  file.writeUInt32LE(file.length, 2);
  for (const [at, value] of [
    [10, 54],
    [14, 40],
    [18, width],
    [22, height],
  ])
    file.writeUInt32LE(value, at);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = (y * width + x) * 3;
      const to = 54 + (height - 1 - y) * row + x * 3;
      file.set([data[from + 2], data[from + 1], data[from]], to);
    }
  }
  return file;
}
