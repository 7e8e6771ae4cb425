import { randomFillSync } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LARGE = 15_000_000;

/** A real JPEG of about 200 KB, and the same with as many bytes after its end as make 15 MB. */
export function makePictures(folder) {
  const harbor = fileURLToPath(new URL('../fixtures/harbor.jpg', import.meta.url));
  const size = statSync(harbor).size;
  const bytes = randomFillSync(Buffer.alloc(LARGE));
  readFileSync(harbor).copy(bytes);
  const path = join(folder, 'large.jpg');
  writeFileSync(path, bytes);
  return { small: { path: harbor, size }, large: { path, size: LARGE } };
}
