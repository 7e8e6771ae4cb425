import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const IN_EACH = 100;

/** The folders that hold the first pictures of an album, `count` of them. */
export function foldersOf({ folder }, count) {
  return Array.from({ length: count / IN_EACH }, (_, at) => join(folder, `folder-${at}/`));
}

/**
 * Plants the first pictures of an album, where they are not yet there: a folder at each step. Each
 * has its number among its pixels, where nothing strips it: before its end, in bytes that are no
 * marker.
 */
export function* plantAlbum(album, count) {
  const snap = readFileSync(album.snap);
  const [pixels, end] = [snap.subarray(0, -2), snap.subarray(-2)];
  for (const [at, branch] of foldersOf(album, count).entries()) {
    if (existsSync(branch)) continue;
    mkdirSync(branch, { recursive: true });
    for (let file = 0; file < IN_EACH; file += 1) {
      const number = at * IN_EACH + file;
      const bytes = Buffer.concat([pixels, Buffer.from(`picture ${number}`), end]);
      writeFileSync(join(branch, `IMG_${number}.jpg`), bytes);
    }
    yield;
  }
}
