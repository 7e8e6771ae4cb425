import { randomFillSync } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { heicWithMetadata } from '../scripts/fuzz/heif-parts.mjs';
import { script } from './built.mjs';

const LARGE = 15_000_000;
const HUGE = 300_000_000;
const FOLDERS = 1000;
const FILES_IN_EACH = 100;
/** Of a file in the tree. It takes no room on the disk, and is no picture: nobody may read it. */
const FILE_BYTES = 200_000;
/** No file system lets one file have many more names. */
const MOST_NAMES = 20_000;
const FIRST_TAKEN = Date.UTC(2024, 4, 4);

/** How many pictures are described in one run. */
export const MANY = 200;

/** 12 megapixels, and as many bytes as a phone takes for them. */
const HEIC = { width: 4032, height: 3024, bytes: 2_500_000 };

/**
 * What is described and searched, most of it made in `folder`. Pixels are made in a process of
 * their own, as the memory of this one is part of what its children are seen to use.
 */
export function makePictures(folder, run) {
  const harbor = script('../fixtures/harbor.jpg');
  const path = (name) => join(folder, name);
  run([script('photos.mjs'), harbor, path('camera.jpg'), path('photo.jpg'), path('snap.jpg')]);
  return {
    small: sized(harbor),
    camera: sized(path('camera.jpg')),
    photo: sized(path('photo.jpg')),
    large: withMorePixels(harbor, path('large.jpg')),
    huge: withZeros(harbor, path('huge.jpg')),
    many: { ...sized(path('camera.jpg')), folder: differing(path('camera.jpg'), path('many')) },
    heic: heicOf(script('../fixtures/small.heic'), path('photo.heic')),
    photos: { folder: path('photos/'), photo: path('photo.jpg') },
    album: { folder: path('album'), snap: path('snap.jpg') },
    tree: treeOf(path('tree/'), FOLDERS, FILES_IN_EACH),
    million: treeOf(path('million/'), 10_000, FILES_IN_EACH),
    flat: treeOf(path('flat/'), 1, 200_000),
    empty: { folder: emptyFolder(path('empty/')), files: 0 },
  };
}

function treeOf(folder, folders, inEach) {
  return { folder, folders, inEach, files: folders * inEach };
}

/**
 * Plants the tree where it is not yet there: a folder at each step, so that whoever makes it can
 * stop in between.
 */
export function* plantTree(tree) {
  for (const { branch, files } of branchesOf(tree)) {
    if (existsSync(branch)) continue;
    mkdirSync(branch, { recursive: true });
    for (let at = 0; at < files.length; at += MOST_NAMES) {
      const [{ path: first, size, mtime }, ...others] = files.slice(at, at + MOST_NAMES);
      writeFileSync(first, '');
      truncateSync(first, size);
      utimesSync(first, mtime, mtime);
      for (const { path } of others) linkSync(first, path);
    }
    yield;
  }
}

/** What is in the tree. The files of a folder are one under many names, which is made much sooner. */
export function* branchesOf({ folder, folders, inEach }) {
  for (let at = 0; at < folders; at += 1) {
    const branch = join(folder, `folder-${at}`);
    const facts = { size: FILE_BYTES, mtime: new Date(FIRST_TAKEN + at * 1000) };
    const files = Array.from({ length: inEach }, (_, file) => ({
      path: join(branch, `IMG_${file}.jpg`),
      ...facts,
    }));
    yield { branch, files };
  }
}

function sized(path) {
  return { path, size: statSync(path).size };
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

/** Takes no room on the disk. */
function withZeros(original, path) {
  copyFileSync(original, path);
  truncateSync(path, HUGE);
  return { path, size: HUGE };
}

/** A folder of one picture again and again, each time with another comment. */
function differing(original, folder) {
  mkdirSync(folder);
  const bytes = readFileSync(original);
  for (let at = 0; at < MANY; at += 1) {
    const text = Buffer.from(`picture ${at}`);
    const comment = Buffer.from([0xff, 0xfe, 0, text.length + 2]);
    const parts = [bytes.subarray(0, 2), comment, text, bytes.subarray(2)];
    writeFileSync(join(folder, `IMG_${at}.jpg`), Buffer.concat(parts));
  }
  return `${folder}/`;
}

/**
 * A photo as a phone writes it, as far as anybody can tell who does not decode it: the size in its header,
 * metadata, and so many bytes of pixels, most of them at random.
 */
function heicOf(original, path) {
  const bytes = readFileSync(original);
  const size = bytes.indexOf('ispe') + 8;
  bytes.writeUInt32BE(HEIC.width, size);
  bytes.writeUInt32BE(HEIC.height, size + 4);
  const data = bytes.indexOf('mdat') - 4;
  const length = bytes.readUInt32BE(data) + HEIC.bytes;
  bytes.writeUInt32BE(length, data);
  const more = randomFillSync(Buffer.alloc(HEIC.bytes));
  writeFileSync(path, heicWithMetadata(Buffer.concat([bytes, more])));
  return sized(path);
}

/**
 * Plants photos, where they are not yet there, a few at each step. Each has another number among what its
 * finest detail is multiplied with, so that all differ and take the same time.
 */
export function* plantPhotos({ folder, photo }, count) {
  if (existsSync(folder)) return;
  mkdirSync(folder);
  const bytes = readFileSync(photo);
  const table = bytes.indexOf(Buffer.from([0xff, 0xdb])) + 5;
  for (let at = 0; at < count; at += 1) {
    bytes[table + 63] = 1 + (at & 15);
    bytes[table + 62] = 1 + (at >> 4);
    writeFileSync(join(folder, `IMG_${at}.jpg`), bytes);
    yield;
  }
}

function emptyFolder(path) {
  mkdirSync(path);
  return path;
}
