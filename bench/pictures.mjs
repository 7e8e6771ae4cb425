import { randomFillSync } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LARGE = 15_000_000;

/** A real JPEG of about 200 KB, and the same with as many bytes before its end as make 15 MB. */
export function makePictures(folder) {
  const harbor = fileURLToPath(new URL('../fixtures/harbor.jpg', import.meta.url));
  return {
    small: { path: harbor, size: statSync(harbor).size },
    large: withMorePixels(harbor, join(folder, 'large.jpg')),
  };
}

/** As if more had been in the picture: before its end come bytes that are no marker. */
function withMorePixels(original, path) {
  const end = Buffer.from([0xff, 0xd9]);
  const start = readFileSync(original).subarray(0, -end.length);
  const more = randomFillSync(Buffer.alloc(LARGE - start.length - end.length));
  for (let at = 0; at < more.length; at += 1) if (more[at] === 0xff) more[at] = 0;
  writeFileSync(path, Buffer.concat([start, more, end]));
  return { path, size: LARGE };
}
