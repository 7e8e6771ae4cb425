// Draws every picture in fixtures/ from code. Nothing here is copied from anywhere.
//
//   npm run fixtures
//
// HEIC needs an HEVC encoder, which sharp has not: `heif-enc` (Debian: libheif-examples and
// libheif-plugin-x265) is used where it is on the PATH. Where it is not, the files that are
// already there stay as they are.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { bmp, pngThatClaims, scanStart, withBrand, withOrientation } from './fixtures/bytes.mjs';
import { harbor } from './fixtures/harbor.mjs';
import * as draw from './fixtures/small.mjs';

const folder = fileURLToPath(new URL('../fixtures/', import.meta.url));
let total = 0;

function save(name, bytes) {
  writeFileSync(join(folder, name), bytes);
  total += bytes.length;
  console.log(`${String(bytes.length).padStart(8)}  ${name}`);
  return bytes;
}

/** Pixels from a drawing. sharp writes no metadata unless it is asked to. */
const pixels = (svg) => sharp(Buffer.from(svg));
const opaque = (svg) => pixels(svg).flatten({ background: '#ffffff' });
const jpeg = (picture) => picture.jpeg({ quality: 88 }).toBuffer();

/** HEVC in HEIF through heif-enc; without it, the file from the last time. */
async function heic(name, svg) {
  const scratch = mkdtempSync(join(tmpdir(), 'gemini-image-fixtures-'));
  try {
    const from = join(scratch, 'picture.png');
    const to = join(scratch, 'picture.heic');
    writeFileSync(from, await opaque(svg).png().toBuffer());
    const run = spawnSync('heif-enc', ['-q', '70', '-o', to, from], { encoding: 'utf8' });
    if (run.status === 0 && existsSync(to)) return save(name, readFileSync(to));
    const why =
      run.error?.code === 'ENOENT' ? 'heif-enc is not on the PATH' : `heif-enc: ${run.stderr}`;
    if (!existsSync(join(folder, name))) throw new Error(`cannot make ${name}: ${why}`);
    console.warn(`${why}: fixtures/${name} and what is cut from it stay as they are`);
    return save(name, readFileSync(join(folder, name)));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

mkdirSync(join(folder, 'broken'), { recursive: true });

// The picture to describe.
save('harbor.jpg', await (await harbor()).jpeg({ quality: 86 }).toBuffer());

// The types that Gemini takes.
const png = save('small.png', await opaque(draw.sailboat).png({ compressionLevel: 9 }).toBuffer());
const jpg = save('small.jpg', await jpeg(opaque(draw.redBoat)));
const webp = save('small.webp', await opaque(draw.lighthouse).webp({ quality: 88 }).toBuffer());
const heicBytes = await heic('small.heic', draw.sunset);
save('small.heif', withBrand(heicBytes, 'mif1'));

// Labels that mislead.
save('mislabelled.png', jpg);
const onItsSide = await pixels(draw.tallLighthouse).png().toBuffer();
save('turned.jpg', withOrientation(await jpeg(sharp(onItsSide).flatten().rotate(270)), 6));

// The types that Gemini refuses.
save('refused.gif', await opaque(draw.buoy).gif({ effort: 10 }).toBuffer());
save('refused.avif', await opaque(draw.buoy).avif({ quality: 70 }).toBuffer());
save('refused.tiff', await opaque(draw.buoy).tiff({ compression: 'lzw' }).toBuffer());
save('refused.svg', Buffer.from(`${draw.buoy}\n`));
const raw = await opaque(draw.buoy).raw().toBuffer({ resolveWithObject: true });
save('refused.bmp', bmp({ data: raw.data, width: raw.info.width, height: raw.info.height }));

// Broken: each header is cut where its size would begin.
save('broken/empty.jpg', Buffer.alloc(0));
save('broken/cut-header.png', png.subarray(0, 16));
save('broken/cut-header.jpg', jpg.subarray(0, 32));
save('broken/cut-header.webp', webp.subarray(0, 22));
save('broken/cut-header.heic', heicBytes.subarray(0, 48));
const start = scanStart(jpg);
save('broken/cut-body.jpg', jpg.subarray(0, start + Math.floor((jpg.length - start) / 2)));
save('broken/text.jpg', Buffer.from('This is a text file with the name of a picture.\n'));
save('broken/huge-header.png', pngThatClaims(100_000, 100_000));
save('broken/zeros.png', Buffer.alloc(512));

console.log(`${String(total).padStart(8)}  bytes in all`);
