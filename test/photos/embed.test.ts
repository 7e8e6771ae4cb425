/** `gemini-image write` into pictures, by the real exiftool: everything else in them stays. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { jpegExif } from '../../scripts/fuzz/parts.mjs';
import { keptDigest } from '../../src/images/identity/kept-parts.js';
import { answered, recordsOf } from '../support/answered.js';
import {
  brokenNote,
  canonNote,
  jpeg,
  livePhotoNote,
  motionPhoto,
  multiPicture,
  ultraHdr,
  withParts,
} from '../support/camera-files.js';
import { fixture, temporaryFolder } from '../support/files.js';
import { runInProcess as run } from '../support/in-process.js';
import { hasProgram } from '../support/programs.js';
import { boxOf } from '../support/raws.js';
import { saying } from '../support/scripted-server.js';

const {
  getAttr,
  setAttr,
}: {
  getAttr(descriptor: number, name: string): Promise<Uint8Array | null>;
  setAttr(descriptor: number, name: string, value: Uint8Array): Promise<void>;
} = createRequire(import.meta.url)('fs-native-extensions');

const ANSWERS = {
  title: 'Boats & "nets" at dawn <quay> — 港',
  caption: 'Three boats\u0007 lie at a quay.\r\nThe sea is calm: 5 $ % #.',
  alt: { alt: 'Three boats', description: 'Three red boats lie at a stone quay at dawn.' },
  tags: ['things > boat', 'Süßwasser'],
};

/** The caption as metadata can hold it. */
const CAPTION = 'Three boats lie at a quay.\nThe sea is calm: 5 $ % #.';

/** What is written, and what follows from it. */
const OURS =
  /^(?:SourceFile$|ExifTool:|System:|File:CurrentIPTCDigest|Composite:|XMP-x:XMPToolkit|XMP-dc:(?:Title|Description|Subject)|XMP-iptcCore:(?:AltText|ExtDescr)Accessibility|XMP-photoshop:CaptionWriter|XMP-lr:HierarchicalSubject|XMP-digiKam:TagsList|IPTC:(?:ObjectName|Caption-Abstract|Keywords|CodedCharacterSet|EnvelopeRecordVersion)|Photoshop:IPTCDigest|IFD0:ImageDescription)/;
/** Where in the file something is, and how large a part of it is. */
const PLACES =
  /(?:Offsets?|MPImageStart|MediaDataSize|MediaDataOffset|StripOffsets|ThumbnailOffset|RIFF:WebP_Flags|ExifByteOrder)$/;

type Tags = Readonly<Record<string, unknown>>;

/** All tags of the pictures of a folder, by their names. */
function tagsIn(folder: string, ...names: string[]): Map<string, Tags> {
  const json = execFileSync(
    'exiftool',
    ['-config', '', '-a', '-G1', '-j', '-charset', 'filename=utf8', ...names],
    { cwd: folder, maxBuffer: 1e8, stdio: 'pipe' },
  ).toString();
  const all: Tags[] = JSON.parse(json);
  return new Map(all.map((tags) => [String(tags.SourceFile), tags]));
}

function notOurs(tags: Tags = {}): Tags {
  return Object.fromEntries(
    Object.entries(tags).filter(([name]) => !OURS.test(name) && !PLACES.test(name)),
  );
}

const film = Buffer.concat([
  boxOf('ftyp', Buffer.from('isom\0\0\x02\0isom', 'latin1')),
  boxOf('mdat', Buffer.from('a film of a second')),
]);

/** Pictures of every kind, written into a folder. */
async function pictures(folder: string): Promise<void> {
  const plain = await jpeg();
  const files: Readonly<Record<string, Buffer>> = {
    'plain.jpg': plain,
    'iptc.jpg': plain,
    'latin.jpg': plain,
    'note.jpg': withParts(plain, canonNote),
    'live.jpg': withParts(plain, livePhotoNote),
    'cmyk.jpg': await sharp(plain).toColourspace('cmyk').jpeg().toBuffer(),
    'ultra-hdr.jpg': await ultraHdr(),
    'stereo.jpg': multiPicture(plain, await jpeg(90)),
    'motion.jpg': await motionPhoto(film),
    'a.png': await sharp(plain).png().toBuffer(),
    'a.webp': await sharp(plain).webp().toBuffer(),
    'a.avif': await sharp(plain).avif({ effort: 0 }).toBuffer(),
    'a.tif': await sharp(plain).tiff({ compression: 'lzw' }).toBuffer(),
    'a.dng': await sharp(plain).tiff({ compression: 'none' }).toBuffer(),
    'a.gif': await sharp(plain).gif().toBuffer(),
  };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  copyFileSync(fixture('small.heic'), join(folder, 'a.heic'));
  const heic = readFileSync(fixture('small.heic'));
  writeFileSync(join(folder, 'motion.heic'), Buffer.concat([heic, boxOf('mpvd', film)]));
  const commands = [
    ['-IPTC:City=Köln', '-IPTC:Keywords=mine', '-IPTC:CodedCharacterSet=UTF8', 'iptc.jpg'],
    ['-IPTC:City=Köln', '-IPTC:Keywords=Straße', 'latin.jpg'],
    ['-IPTC:City=Oslo', '-XMP-xmp:Rating=4', '-IFD0:Artist=Ole', 'a.tif'],
    ['-DNGVersion=1.4.0.0', '-UniqueCameraModel=A camera', '-XMP-crs:Exposure2012=+0.50', 'a.dng'],
    ['-XMP-xmp:Rating=3', '-XMP-dc:Creator=Ole', 'a.png', 'a.webp', 'a.avif', 'a.heic'],
  ];
  const lines = commands.flatMap((args) => [...args, '-q', '-overwrite_original', '-execute']);
  execFileSync('exiftool', ['-config', '', '-@', '-'], { cwd: folder, input: lines.join('\n') });
}

describe.skipIf(!hasProgram('exiftool', '-ver'))('into pictures', () => {
  const cwd = folderOfTests();
  const untouched = folderOfTests();
  const names = () => readdirSync(untouched).filter((name) => !name.startsWith('.'));
  const embedded = () => names().filter((name) => name !== 'a.gif');
  let before: Map<string, Tags>;
  let after: Map<string, Tags>;

  test('all that can be are written into, and of the others it is said', async () => {
    await pictures(untouched);
    for (const name of names()) {
      copyFileSync(join(untouched, name), join(cwd, name));
      await answered(cwd, name, ANSWERS);
    }
    const { code, stderr } = await run(
      ['write', 'c.jsonl', '--merge', 'append', '--xmp-name', 'full'],
      { cwd },
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain(
      'nothing is written into a GIF itself, so answers go into XMP sidecars (a.gif: a.gif.xmp)',
    );
    expect(stderr).toContain('16 written into the pictures, 1 into XMP sidecars (1 new)');
    expect(readdirSync(cwd).toSorted()).toEqual([...names(), 'a.gif.xmp', 'c.jsonl'].toSorted());
    before = tagsIn(untouched, ...names());
    after = tagsIn(cwd, ...names());
  }, 60_000);

  test('each picture says what was answered', () => {
    for (const name of embedded()) {
      expect({ name, ...after.get(name) }).toMatchObject({
        'XMP-dc:Title': ANSWERS.title,
        'XMP-dc:Description': CAPTION,
        'XMP-dc:Subject': expect.arrayContaining(['boat', 'Süßwasser']),
        'XMP-iptcCore:AltTextAccessibility': 'Three boats',
        'XMP-iptcCore:ExtDescrAccessibility': ANSWERS.alt.description,
        'XMP-lr:HierarchicalSubject': expect.arrayContaining(['things|boat', 'Süßwasser']),
        'XMP-digiKam:TagsList': expect.arrayContaining(['things/boat', 'Süßwasser']),
        'XMP-photoshop:CaptionWriter': 'gemini-image gemini-test',
      });
    }
  });

  test('every other tag is as it was', () => {
    for (const name of names()) {
      expect({ name, ...notOurs(after.get(name)) }).toEqual({ name, ...notOurs(before.get(name)) });
    }
  });

  test('pixels, gain maps, second views and films are the same byte for byte', async () => {
    for (const name of embedded()) {
      const [was, is] = await Promise.all(
        [untouched, cwd].map((one) => keptDigest(join(one, name))),
      );
      expect([name, was]).toEqual([name, expect.stringMatching(/^[\da-f]{64}$/)]);
      expect([name, is]).toEqual([name, was]);
    }
    const motion = readFileSync(join(cwd, 'motion.jpg'));
    expect(motion.subarray(-film.length)).toEqual(film);
  });

  test('two decoders see the same picture', async () => {
    const seen = async (folder: string, name: string) =>
      (await sharp(join(folder, name)).raw().toBuffer()).toString('base64');
    for (const name of embedded().filter((name) => !name.endsWith('.heic'))) {
      expect([name, await seen(cwd, name)]).toEqual([name, await seen(untouched, name)]);
    }
  });

  test.skipIf(!hasProgram('identify', '-version'))('and so does ImageMagick', () => {
    const taken = embedded().filter((name) => !/\.(?:dng|avif|heic)$/.test(name));
    const signatures = (folder: string) =>
      execFileSync('identify', ['-format', '%f %#\n', ...taken], {
        cwd: folder,
        stdio: 'pipe',
      }).toString();
    expect(signatures(cwd).split('\n')).toHaveLength(taken.length + 1);
    expect(signatures(cwd)).toBe(signatures(untouched));
  });

  test('IPTC is kept in step where it is, with its digest, and old letters stay readable', () => {
    for (const [name, city, keyword] of [
      ['iptc.jpg', 'Köln', 'mine'],
      ['latin.jpg', 'Köln', 'Straße'],
    ] as const) {
      const tags = after.get(name);
      expect({ name, ...tags }).toMatchObject({
        'IPTC:ObjectName': ANSWERS.title,
        'IPTC:Caption-Abstract': expect.stringContaining('The sea is calm'),
        'IPTC:City': city,
        'IPTC:Keywords': [keyword, 'boat', 'Süßwasser'],
        'IPTC:CodedCharacterSet': 'UTF8',
        'XMP-dc:Subject': [keyword, 'boat', 'Süßwasser'],
      });
      expect(tags?.['Photoshop:IPTCDigest']).toBe(tags?.['File:CurrentIPTCDigest']);
    }
    expect(Object.keys(after.get('plain.jpg') ?? {}).join()).not.toMatch(/IPTC:|ImageDescription/);
  });

  test('the description of EXIF is kept in step only where it is', () => {
    expect(after.get('note.jpg')).toMatchObject({
      'IFD0:ImageDescription': CAPTION,
    });
    expect(after.get('a.heic')).not.toHaveProperty('IFD0:ImageDescription');
  });

  test('undoing brings back every tag', async () => {
    const { stderr } = await run(['write', 'c.jsonl', '--undo'], { cwd });
    expect(stderr).toBe('17 put back as they were\n');
    const undone = tagsIn(cwd, ...names());
    for (const name of names()) {
      const tags = Object.fromEntries(
        Object.entries(undone.get(name) ?? {}).filter(
          ([tag]) => OURS.test(tag) && /^(?:XMP-(?!x:)|IFD0)|^IPTC:(?!Coded|Envelope)/.test(tag),
        ),
      );
      const earlier = Object.entries(before.get(name) ?? {}).filter(([tag]) => tag in tags);
      expect({ name, ...tags }).toEqual({ name, ...Object.fromEntries(earlier) });
    }
  });
});

describe.skipIf(!hasProgram('exiftool', '-ver'))('one picture', () => {
  /** A folder with a JPEG, and answers about it. */
  const photo = async (bytes: Buffer, answers: Parameters<typeof answered>[2] = ANSWERS) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a.jpg'), bytes);
    await answered(folder, 'a.jpg', answers);
    return folder;
  };
  const write = (folder: string, ...args: string[]) =>
    run(['write', 'c.jsonl', ...args], { cwd: folder });
  const exiftool = (folder: string, ...args: string[]) =>
    execFileSync('exiftool', ['-config', '', '-q', '-overwrite_original', ...args, 'a.jpg'], {
      cwd: folder,
      stdio: 'pipe',
    });

  test('keeps permissions, date, attributes and links, whatever its name, and its original', async () => {
    const folder = temporaryFolder();
    const bytes = await jpeg();
    const names = ['-dash.jpg', 'two\nlines 100%d $x.jpg', 'Füße 港.jpg', 'link.jpg', 'a.jpg'];
    mkdirSync(join(folder, '50%e'));
    for (const name of names) {
      const place = name === 'link.jpg' ? '50%e/real.jpg' : name;
      writeFileSync(join(folder, place), bytes);
      if (place !== name) symlinkSync(place, join(folder, name));
      await answered(folder, name, { title: 'Boats' });
    }
    const file = await open(join(folder, 'a.jpg'), 'r+');
    const hasAttributes = await setAttr(file.fd, 'user.colour', Buffer.from('red')).then(
      () => true,
      () => false,
    );
    await file.close();
    chmodSync(join(folder, 'a.jpg'), 0o640);
    linkSync(join(folder, 'a.jpg'), join(folder, 'other.jpg'));
    const then = new Date('2020-02-02T02:02:02Z');
    for (const name of names) utimesSync(join(folder, name), then, then);

    const { code, stderr } = await write(folder, '--keep-times', '--backup', 'originals');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '5 written into the pictures\n' });
    for (const name of names) {
      expect(readFileSync(join(folder, name)).includes('Boats')).toBe(true);
      expect(statSync(join(folder, name)).mtime).toEqual(then);
      expect(readFileSync(join(folder, 'originals', name))).toEqual(bytes);
    }
    expect(lstatSync(join(folder, 'link.jpg')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder, 'other.jpg'))).toEqual(bytes);
    expect(statSync(join(folder, 'a.jpg')).mode & 0o777).toBe(0o640);
    if (hasAttributes) {
      const written = await open(join(folder, 'a.jpg'));
      expect(Buffer.from((await getAttr(written.fd, 'user.colour')) ?? []).toString()).toBe('red');
      await written.close();
    }
    expect(readdirSync(folder).toSorted()).toEqual(
      [...names, '50%e', 'c.jsonl', 'originals', 'other.jpg'].toSorted(),
    );
    const again = await write(folder, '--keep-times', '--backup', 'originals');
    expect(again.stderr).toBe('0 written, 5 as before\n');
  });

  test('whose directory of EXIF is broken stays as it is', async () => {
    const exif = jpegExif(1);
    // More entries than the block has room for.
    exif.writeUInt16LE(60_000, exif.indexOf('II*\0') + 8);
    const bytes = withParts(await jpeg(), exif);
    const folder = await photo(bytes);
    expect((await write(folder)).stderr).toContain('a.jpg: exiftool says: Bad IFD0 directory; so');
    expect(readFileSync(join(folder, 'a.jpg'))).toEqual(bytes);
  });

  test('whose maker note is broken stays as it is, and a sidecar takes the answers', async () => {
    const bytes = withParts(await jpeg(), brokenNote);
    const folder = await photo(bytes);
    const { code, stderr } = await write(folder);
    expect(code).toBe(0);
    expect(stderr).toMatch(/warning: a\.jpg: exiftool says: .*; so its answers go into a\.xmp\n/);
    expect(readFileSync(join(folder, 'a.jpg'))).toEqual(bytes);
    expect(readFileSync(join(folder, 'a.xmp'), 'utf8')).toContain('Three boats');
    // The next run goes on in the sidecar, without another try.
    expect((await write(folder)).stderr).toBe('0 written, 1 as before\n');
  });

  test('that cannot be written into is an error with --into embed', async () => {
    const folder = await photo(await jpeg());
    for (const [name, bytes] of [
      ['b.jpg', withParts(await jpeg(), brokenNote)],
      [
        'c.gif',
        await sharp(await jpeg())
          .gif()
          .toBuffer(),
      ],
      ['d.jpg', (await jpeg()).subarray(0, -40)],
    ] as const) {
      writeFileSync(join(folder, name), bytes);
      await answered(folder, name, ANSWERS);
    }
    const { code, stderr } = await write(folder, '--into', 'embed');
    expect(code).toBe(3);
    expect(stderr).toContain('b.jpg: exiftool says:');
    expect(stderr).toContain('c.gif: nothing is written into a GIF itself');
    expect(stderr).toContain('d.jpg: it is damaged');
    expect(stderr).toContain('1 written into the pictures, 3 failed');
    expect(readdirSync(folder).some((name) => name.endsWith('.xmp'))).toBe(false);
  });

  test('gets a title that ends at a word where IPTC has no room for it, and that is said', async () => {
    const title = 'Three red boats lie at a quay of stone while the sea is as calm as ever';
    const folder = await photo(await jpeg(), { title });
    exiftool(folder, '-IPTC:City=Oslo');
    const { stderr } = await write(folder);
    expect(stderr).toContain('a.jpg: IPTC:ObjectName has no room for all of it');
    const { fields } = recordsOf(folder).at(-1)?.written ?? {};
    expect(fields).toMatchObject({
      'XMP-dc:Title': { old: null, new: title },
      'IPTC:ObjectName': {
        old: null,
        new: 'Three red boats lie at a quay of stone while the sea is as calm',
      },
    });
  });

  test('keeps what a person has changed since, in XMP or in IPTC alone', async () => {
    const folder = await photo(await jpeg(), { title: 'Boats', caption: 'A quay.' });
    exiftool(folder, '-IPTC:City=Oslo');
    await write(folder);
    exiftool(folder, '-XMP-dc:Title=My boats', '-IPTC:Caption-Abstract=My quay');
    await answered(folder, 'a.jpg', { title: 'Ships', caption: 'A pier.' });
    const { stderr } = await write(folder, '--merge', 'replace');
    expect(stderr).toContain('a.jpg: somebody has changed XMP-dc:Title since it was written');
    expect(stderr).toContain('a.jpg: somebody has changed IPTC:Caption-Abstract since it was');
    expect(stderr).toContain('2 fields left as somebody has changed them since');
    const tags = tagsIn(folder, 'a.jpg').get('a.jpg');
    expect(tags).toMatchObject({
      'XMP-dc:Title': 'My boats',
      'XMP-dc:Description': 'A quay.',
      'IPTC:Caption-Abstract': 'My quay',
    });
    await write(folder, '--undo');
    expect(tagsIn(folder, 'a.jpg').get('a.jpg')).toMatchObject({
      'XMP-dc:Title': 'My boats',
      'IPTC:Caption-Abstract': 'My quay',
    });
  });

  test('is not asked about again, in whatever format, also after another program wrote', async () => {
    const folder = temporaryFolder();
    const names = ['a.jpg', 'b.avif', 'c.tif'];
    const bytes = await jpeg();
    writeFileSync(join(folder, 'a.jpg'), bytes);
    await sharp(bytes).avif({ effort: 0 }).toFile(join(folder, 'b.avif'));
    await sharp(bytes).tiff().toFile(join(folder, 'c.tif'));
    const server = await saying('Boats at a quay');
    const ask = (...more: string[]) =>
      run(['describe', ...names, '-o', 'c.jsonl', ...more], { cwd: folder, ...server });
    await ask('-s', 'title');
    expect((await ask('--write')).stderr).toContain('3 written into the pictures');
    const asked = server.requests.length;
    expect(asked).toBe(6);
    const sizes = names.map((name) => statSync(join(folder, name)).size);
    const recorded = recordsOf(folder).slice(-6);
    expect(recorded.map(({ size }) => size).toSorted()).toEqual([...sizes, ...sizes].toSorted());
    for (const args of [[], ['-s', 'title']]) {
      expect((await ask(...args)).stderr).toContain('3 done before');
    }
    execFileSync('exiftool', ['-q', '-overwrite_original', '-XMP-xmp:Rating=5', ...names], {
      cwd: folder,
    });
    expect((await ask()).stderr).toContain('3 done before');
    expect((await ask('--write')).stderr).toContain('0 written, 3 as before');
    expect(server.requests).toHaveLength(asked);
  });

  test('takes an edited change set', async () => {
    const folder = await photo(await jpeg(), { title: 'Boats' });
    const { stdout } = await write(folder, '--dry-run');
    expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({
      file: 'a.jpg',
      to: 'a.jpg',
      field: 'XMP-dc:Title',
    });
    writeFileSync(join(folder, 'changes.jsonl'), stdout.replaceAll('Boats', 'My boats'));
    expect((await write(folder, '--from', 'changes.jsonl')).stderr).toBe(
      '1 written into the pictures\n',
    );
    expect(tagsIn(folder, 'a.jpg').get('a.jpg')).toMatchObject({ 'XMP-dc:Title': 'My boats' });
    writeFileSync(
      join(folder, 'changes.jsonl'),
      JSON.stringify({ file: 'a.jpg', to: 'a.jpg', field: 'IPTC:ObjectName', new: 'x' }),
    );
    const { code, stderr } = await write(folder, '--from', 'changes.jsonl');
    expect(code).toBe(2);
    expect(stderr).toContain('a.jpg has no IPTC:ObjectName, and gets none');
  });

  test('is written by another exiftool if the first one ends in the middle', async () => {
    const folder = await photo(await jpeg());
    const real = execFileSync('which', ['exiftool']).toString().trim();
    mkdirSync(join(folder, 'bin'));
    // The first one answers what its version is, and ends with the next command.
    writeFileSync(
      join(folder, 'bin/exiftool'),
      `#!/bin/sh\necho start >> "${folder}/starts"\nif [ "$(wc -l < "${folder}/starts")" -eq 1 ]; then\n  while read -r line; do\n    case "$line" in -execute1) echo 12.57; echo '{ready1}'; echo '{done1}' >&2 ;; -execute2) exit 3 ;; esac\n  done\nfi\nexec "${real}" "$@"\n`,
      { mode: 0o755 },
    );
    const { code, stderr } = await run(['write', 'c.jsonl'], {
      cwd: folder,
      env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}` },
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '1 written into the pictures\n' });
    expect(readFileSync(join(folder, 'starts'), 'utf8')).toBe('start\nstart\n');
  });
});

describe('without exiftool', () => {
  const prepared = async () => {
    const folder = temporaryFolder({ 'a.jpg': 'small.jpg', 'b.png': 'small.png' });
    for (const name of ['a.jpg', 'b.png']) await answered(folder, name, ANSWERS);
    return folder;
  };

  test('answers go into sidecars, and what to install is said once', async () => {
    const folder = await prepared();
    const options = { cwd: folder, env: { PATH: folder } };
    const { code, stderr } = await run(['write', 'c.jsonl'], options);
    expect(code).toBe(0);
    expect(stderr).toBe(
      'gemini-image: warning: exiftool is not installed, so answers go into XMP sidecars (a.jpg: a.xmp). Install exiftool (exiftool.org, or your package manager), or npm install exiftool-vendored@35.21.0, which brings one along.\n' +
        '2 written into XMP sidecars (2 new)\n',
    );
  });

  test('--into embed says what to install, and nothing is written', async () => {
    const folder = await prepared();
    const options = { cwd: folder, env: { PATH: folder } };
    const { code, stderr } = await run(['write', 'c.jsonl', '--into', 'embed'], options);
    expect(code).toBe(2);
    expect(stderr).toContain('nothing can be written into pictures: exiftool is not installed');
    expect(stderr).toContain('npm install exiftool-vendored@35.21.0');
    expect(readdirSync(folder).toSorted()).toEqual(['a.jpg', 'b.png', 'c.jsonl']);
  });

  test('one that is too old, or does not run, counts as none', async () => {
    const folder = await prepared();
    writeFileSync(
      join(folder, 'exiftool'),
      `#!/bin/sh\nwhile read -r line; do case "$line" in -execute1) echo 11.88; echo '{ready1}'; echo '{done1}' >&2 ;; -stay_open) exit ;; esac; done\n`,
      { mode: 0o755 },
    );
    const options = { cwd: folder, env: { PATH: folder } };
    const old = await run(['write', 'c.jsonl', '--into', 'embed'], options);
    expect(old.stderr).toContain('exiftool 11.88 is too old: 12.40 is the first that can do it');
    writeFileSync(join(folder, 'exiftool'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const broken = await run(['write', 'c.jsonl', '--into', 'embed'], options);
    expect(broken.stderr).toContain('exiftool is not installed');
  });
});

/** A folder that several tests work in, one after the other. */
function folderOfTests(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gemini-image-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
