import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GeminiImageError } from '../../src/domain/error.js';
import type { OkRecord } from '../../src/domain/record.js';
import { type SidecarSettings, sidecarsOf } from '../../src/engine/sidecars.js';
import { findImages } from '../../src/images/find/find-images.js';
import { fileNamed, type ImageReference, referenceTo } from '../../src/images/find/reference.js';
import { parseSidecarExtension } from '../../src/run/sidecar-ending.js';
import { ReservedFiles } from '../../src/storage/reserved-files.js';
import { failureOf } from '../support/ask.js';
import { fixtureBytes, temporaryFolder } from '../support/files.js';

const sidecars = (settings: Partial<SidecarSettings> = {}) =>
  sidecarsOf({
    ...{ extension: 'txt', prefix: '', suffix: '', overwrite: false },
    ...{ requests: ['00'], isOffline: false },
    ...settings,
  });

/** Where the sidecar of one picture lies, or why it has none. */
function placeOf(image: string | ImageReference, settings?: Partial<SidecarSettings>): string {
  const reference = typeof image === 'string' ? referenceTo(image) : image;
  try {
    return sidecars(settings).pathFor(reference);
  } catch (error) {
    if (!(error instanceof GeminiImageError)) throw error;
    return `${error.kind}: ${error.message}`;
  }
}

/** A line of a list. */
const listed = fileNamed;

const RECORD: OkRecord = {
  image: 'photo.jpg',
  status: 'ok',
  text: 'A harbor.',
  finishReason: 'STOP',
  model: 'm',
  mimeType: 'image/jpeg',
  width: 1,
  height: 1,
  size: 1,
  sha256: '0'.repeat(64),
  sent: { mimeType: 'image/jpeg', width: 1, height: 1, bytes: 1, changes: [] },
  request: '00',
  durationMs: 1,
};

describe('beside its picture', () => {
  test.each([
    ['photo.jpg', 'photo.txt'],
    ['/photos/a/photo.JPEG', '/photos/a/photo.txt'],
    ['../photo.jpg', '../photo.txt'],
    ['archive.tar.jpg', 'archive.tar.txt'],
    ['photo', 'photo.txt'],
    ['a.b/photo', 'a.b/photo.txt'],
    ['.jpg', '.jpg.txt'],
  ])('the sidecar of %s is %s', (name, place) => {
    expect(placeOf(name)).toBe(place);
  });

  test('a sidecar takes another ending if one is given', () => {
    expect(placeOf('photo.jpg', { extension: 'caption' })).toBe('photo.caption');
    expect(placeOf('photo.jpg', { extension: 'de.txt' })).toBe('photo.de.txt');
  });

  test('a sidecar exists only for files', () => {
    expect(placeOf('-')).toBe('input: standard input has no place for a sidecar');
    expect(placeOf('http://host/a.jpg')).toBe('input: an address has no place for a sidecar');
    expect(placeOf('')).toBe('input: the name is empty');
  });

  test('a sidecar never replaces its own picture', () => {
    const why = 'input: its sidecar would take its own place';
    expect(placeOf('photo.txt')).toBe(why);
    expect(placeOf('a/../photo.txt')).toBe(why);
    expect(placeOf(listed('out/photo.txt', 'photo.txt'), { folder: 'out' })).toBe(why);
  });
});

describe('in a folder', () => {
  const folder = 'captions';

  test('sidecars lie in the same folders as the pictures', async () => {
    const root = temporaryFolder({ 'a.jpg': 'small.jpg' });
    mkdirSync(join(root, '2024'));
    writeFileSync(join(root, '2024', 'a.jpg'), fixtureBytes('small.jpg'));
    const { pathFor } = sidecars({ folder });
    const places: string[] = [];
    for await (const found of findImages({ images: [root] }, { recursive: true })) {
      if (found.kind !== 'failed') places.push(pathFor(found));
    }
    expect(places).toEqual(['captions/2024/a.txt', 'captions/a.txt']);
  });

  test('that of a picture named by itself lies at the top', () => {
    expect(placeOf('/photos/2024/a.jpg', { folder })).toBe('captions/a.txt');
    const { below: _, ...bare } = referenceTo('/photos/a.jpg');
    expect(placeOf(bare, { folder })).toBe('captions/a.txt');
  });

  test('no path leads outside', () => {
    for (const below of ['../a.jpg', 'a/../../b.jpg', '..', 'a/..']) {
      expect(placeOf(listed(below, below), { folder }), below).toMatch(
        /^input: its path leads out/,
      );
    }
    expect(placeOf(listed('a..b/c..jpg', 'a..b/c..jpg'), { folder })).toBe('captions/a..b/c..txt');
    expect(placeOf(listed('/a.jpg', '/a.jpg'), { folder })).toBe('captions/a.txt');
  });

  test.each([
    ['https://host/pics/photo.jpg?size=2#top', 'captions/photo.txt'],
    ['https://host/pics/caf%C3%A9.jpg', 'captions/café.txt'],
    ['https://host/photo', 'captions/photo.txt'],
    ['https://host/..%2f..%2fetc%2fpasswd.jpg', 'captions/..%2f..%2fetc%2fpasswd.txt'],
    ['https://host/a%5Cb.jpg', 'captions/a%5Cb.txt'],
    ['https://host/a%00b.jpg', 'captions/a%00b.txt'],
    ['https://host/a%0Ab.jpg', 'captions/a%0Ab.txt'],
    ['https://host/100%.jpg', 'captions/100%.txt'],
  ])('that of %s is %s', (address, place) => {
    expect(placeOf(address, { folder })).toBe(place);
  });

  test.each([
    'https://host/',
    'https://host',
    'https://host/pics/',
    'https://host/%2e%2e',
    'http://[',
  ])('none is named after %s', (address) => {
    expect(placeOf(address, { folder })).toMatch(/^input: the address names no file/);
  });

  test('none is for standard input', () => {
    expect(placeOf('-', { folder })).toBe('input: standard input has no place for a sidecar');
  });
});

describe('two pictures with the same sidecar', () => {
  test('are told apart: the second has none, and its error names the first', () => {
    const { pathFor } = sidecars();
    expect(pathFor(referenceTo('a/photo.jpg'))).toBe('a/photo.txt');
    for (const name of ['a/photo.png', './a/photo.webp', resolve('a/photo.jpeg')]) {
      expect(() => pathFor(referenceTo(name)), name).toThrow(
        expect.objectContaining({
          kind: 'input',
          message: expect.stringMatching(
            /^its sidecar .*a\/photo.txt is that of a\/photo.jpg already$/,
          ),
        }),
      );
    }
    expect(pathFor(referenceTo('b/photo.png'))).toBe('b/photo.txt');
  });

  test('are told apart in a folder, too', () => {
    const { pathFor } = sidecars({ folder: 'captions' });
    pathFor(referenceTo('a/photo.jpg'));
    expect(() => pathFor(referenceTo('b/photo.jpg'))).toThrow('is that of a/photo.jpg already');
    expect(() => pathFor(referenceTo('http://host/photo.jpg'))).toThrow('that of a/photo.jpg');
  });

  test('have one each with full names, which the error of the second suggests', () => {
    const { pathFor } = sidecars();
    pathFor(referenceTo('IMG_1.HEIC'));
    expect(() => pathFor(referenceTo('IMG_1.JPG'))).toThrow(
      expect.objectContaining({
        hint: expect.stringContaining('--sidecar-name full, with which this one is IMG_1.JPG.txt'),
      }),
    );
    const full = sidecars({ fullName: true });
    const names = ['a/IMG_1.HEIC', 'a/IMG_1.JPG', 'b.c/photo'];
    expect(names.map((name) => full.pathFor(referenceTo(name)))).toEqual([
      'a/IMG_1.HEIC.txt',
      'a/IMG_1.JPG.txt',
      'b.c/photo.txt',
    ]);
    expect(placeOf('https://host/p.jpg?x', { fullName: true, folder: 'out' })).toBe(
      'out/p.jpg.txt',
    );
  });

  test('but a picture may be asked about again', () => {
    const { pathFor } = sidecars();
    const places = [1, 2, 3].map(() => pathFor(referenceTo('photo.jpg')));
    expect(new Set(places)).toEqual(new Set(['photo.txt']));
  });
});

describe('a sidecar', () => {
  /** What one holds after it was written. */
  async function written(settings: Partial<SidecarSettings>, record = RECORD): Promise<string> {
    const name = join(temporaryFolder(), 'photo.jpg');
    const { pathFor, write } = sidecars(settings);
    const place = pathFor(referenceTo(name));
    await write(place, record);
    return readFileSync(place, 'utf8');
  }

  test('holds the text between prefix and suffix, and ends its last line', async () => {
    expect(await written({})).toBe('A harbor.\n');
    expect(await written({ prefix: 'ohwx, ', suffix: ', photo' })).toBe('ohwx, A harbor., photo\n');
    expect(await written({}, { ...RECORD, text: 'Two\nlines\n' })).toBe('Two\nlines\n');
  });

  test('as JSON holds the record as it is', async () => {
    const text = await written({ extension: 'json', prefix: 'ohwx, ' });
    expect(JSON.parse(text)).toEqual(RECORD);
    expect(text).toMatch(/^\{\n {2}"image": "photo.jpg",\n[\s\S]*\n\}\n$/);
  });

  test('makes folders only inside the folder for sidecars', async () => {
    const root = temporaryFolder();
    const reference = listed('/elsewhere/2024/a.jpg', '2024/a.jpg');
    const mirrored = sidecars({ folder: join(root, 'new') });
    await mirrored.write(mirrored.pathFor(reference), RECORD);
    expect(readFileSync(join(root, 'new/2024/a.txt'), 'utf8')).toBe('A harbor.\n');
    const { pathFor, write } = sidecars();
    const gone = pathFor(referenceTo(join(root, 'gone', 'a.jpg')));
    expect((await failureOf(write(gone, RECORD))).message).toContain('the folder does not exist');
  });

  test('that exists stays, whatever it is', async () => {
    const root = temporaryFolder();
    writeFileSync(join(root, 'a.txt'), 'mine');
    symlinkSync('gone', join(root, 'b.txt'));
    const { whatIsAt, write } = sidecars();
    for (const name of ['a', 'b']) {
      expect(await whatIsAt(join(root, `${name}.txt`), 'photo.jpg'), name).toBe('file');
      await write(join(root, `${name}.txt`), RECORD);
    }
    expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe('mine');
    expect(await whatIsAt(join(root, 'd.txt'), 'photo.jpg')).toBe('nothing');
    expect(await whatIsAt(join(root, 'a.txt', 'd.txt'), 'photo.jpg')).toBe('nothing');
    expect(await whatIsAt(relative('.', join(root, 'a.txt')), 'photo.jpg')).toBe('file');
  });

  test('without content is written', async () => {
    const place = join(temporaryFolder(), 'a.txt');
    writeFileSync(place, '');
    const { whatIsAt, write } = sidecars();
    expect(await whatIsAt(place, 'photo.jpg')).toBe('nothing');
    await write(place, RECORD);
    expect(readFileSync(place, 'utf8')).toBe('A harbor.\n');
    expect(readdirSync(join(place, '..'))).toEqual(['a.txt']);
  });

  test('is an answer only if it says so itself', async () => {
    const root = temporaryFolder();
    const { whatIsAt, write } = sidecars({ extension: 'json' });
    await write(join(root, 'a.json'), RECORD);
    writeFileSync(join(root, 'b.json'), '{"image": "nginx:latest"}');
    expect(await whatIsAt(join(root, 'a.json'), 'photo.jpg')).toBe('answer');
    expect(await whatIsAt(join(root, 'b.json'), 'photo.jpg')).toBe('file');
  });

  test('with --overwrite is written again, and the older file is kept beside it', async () => {
    const folder = temporaryFolder();
    const place = join(folder, 'a.txt');
    const { whatIsAt, write, setAside } = sidecars({ overwrite: true });
    for (const text of ['mine', 'mine too']) {
      writeFileSync(place, text);
      expect(await whatIsAt(place, 'photo.jpg')).toBe('nothing');
      await write(place, RECORD);
      await write(place, RECORD);
    }
    expect(setAside()).toBe(2);
    expect(readFileSync(place, 'utf8')).toBe('A harbor.\n');
    expect(readFileSync(`${place}~`, 'utf8')).toBe('mine');
    expect(readFileSync(`${place}.~1~`, 'utf8')).toBe('mine too');
    expect(readdirSync(folder)).toHaveLength(3);
  });

  describe('is refused before anything is asked', () => {
    const refusal = async (name: string, settings: Partial<SidecarSettings> = {}) => {
      const all = sidecars(settings);
      return (await failureOf(all.admit(all.pathFor(referenceTo(name))))).message;
    };

    test('whose name is too long with its ending', async () => {
      const name = join(temporaryFolder(), `${'x'.repeat(248)}.jpg`);
      await sidecars().admit(sidecars().pathFor(referenceTo(name)));
      expect(await refusal(name, { extension: 'caption' })).toMatch(/: the name is too long$/);
      const folder = join(temporaryFolder(), 'new', 'deep');
      expect(await refusal(name, { extension: 'caption', folder })).toMatch(/name is too long$/);
    });

    test('whose path is a folder, or below a file', async () => {
      const root = temporaryFolder();
      mkdirSync(join(root, 'a.txt'));
      writeFileSync(join(root, 'file'), '');
      expect(await refusal(join(root, 'a.jpg'))).toMatch(/a\.txt .*: it is a folder$/);
      const folder = join(root, 'file', 'deep');
      expect(await refusal(join(root, 'b.jpg'), { folder })).toMatch(
        /part of the path is no folder/,
      );
    });

    test('that the run reads or writes, by any of its names', async () => {
      const root = temporaryFolder();
      writeFileSync(join(root, 'p.txt'), 'Why?');
      linkSync(join(root, 'p.txt'), join(root, 'q.txt'));
      const reserved = new ReservedFiles([join(root, 'p.txt')]);
      for (const name of ['p.jpg', 'q.jpg']) {
        const why = await refusal(join(root, name), { reserved, overwrite: true });
        expect(why).toMatch(/its sidecar .* cannot be written: it is being read$/);
      }
    });

    test('of a picture', async () => {
      const root = temporaryFolder({ 'a.txt': 'small.png' });
      const settings = { overwrite: true };
      expect(await refusal(join(root, 'a.jpg'), settings)).toMatch(/it is a picture$/);
    });
  });

  test('is never written over a picture, whatever its name', async () => {
    const place = join(temporaryFolder({ 'a.txt': 'small.png' }), 'a.txt');
    const error = await failureOf(sidecars({ overwrite: true }).write(place, RECORD));
    expect(error).toMatchObject({ kind: 'usage', message: expect.stringContaining('a picture') });
    expect(readFileSync(place)).toEqual(fixtureBytes('small.png'));
    expect(existsSync(place)).toBe(true);
  });
});

describe('the ending of sidecars', () => {
  test.each([
    ['txt', 'txt'],
    ['.txt', 'txt'],
    ['caption', 'caption'],
    ['description', 'description'],
    ['alt', 'alt'],
    ['md', 'md'],
    ['tags', 'tags'],
    ['wd14', 'wd14'],
    ['fr', 'fr'],
    ['de.txt', 'de.txt'],
    ['_alt-text', '_alt-text'],
    ['x'.repeat(16), 'x'.repeat(16)],
  ])('%s is %s', (value, extension) => {
    expect(parseSidecarExtension(value, false)).toBe(extension);
  });

  test('json is for answers that are JSON', () => {
    expect(parseSidecarExtension('json', true)).toBe('json');
    expect(() => parseSidecarExtension('json', false)).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/--schema or --fields/) }),
    );
  });

  test.each([
    ['xmp', 'metadata of other programs'],
    ['html', 'text/html'],
    ['csv', 'text/csv'],
    ['py', 'programs'],
    ['sh', 'application/x-sh'],
    ['js', 'text/javascript'],
    ['txt.XMP', 'metadata of other programs'],
    ['jsonl', 'records'],
  ])('%s is refused, since it stands for %s', (value, what) => {
    expect(() => parseSidecarExtension(value, true)).toThrow(
      expect.objectContaining({ kind: 'usage', message: expect.stringContaining(what) }),
    );
  });

  test.each([
    ...['', '.', '..', '..txt', 'txt.', 'a..b', 'a/b', '/', '../txt', 'a b', 'é', 'txt\n', 'a\\b'],
    ...['x'.repeat(17), 'photos/', 'jpg', '.PNG', 'a.jpg', 'photo.jpg', 'heic', 'svg', 'webp'],
  ])('%j is none', (value) => {
    expect(() => parseSidecarExtension(value, true)).toThrow(
      expect.objectContaining({ kind: 'usage', hint: expect.stringMatching(/such as txt\. /) }),
    );
  });
});
