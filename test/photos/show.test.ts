/** `gemini-image show`: what pictures and their sidecars say, read without any other program. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fixture, temporaryFolder } from '../support/files.js';
import { runInProcess as run } from '../support/in-process.js';
import { hasProgram } from '../support/programs.js';
import { alt, bag, embed, face, packet, regions, seq } from '../support/xmp.js';

async function shown(cwd: string, ...names: string[]) {
  const { stdout, stderr, code } = await run(['show', ...names, '-f', 'json'], { cwd });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return JSON.parse(stdout);
}

describe('show', () => {
  test('prints a line for each field, and with several pictures the name before it', async () => {
    const cwd = temporaryFolder({ 'a.jpg': 'small.jpg', 'b.jpg': 'small.jpg' });
    embed(cwd, 'a.jpg', packet(alt('dc:title', 'Quay') + bag('dc:subject', 'boat', 'sea')));
    expect(await run(['show', 'a.jpg'], { cwd })).toEqual({
      stdout: 'title: Quay\nkeywords: boat; sea\n',
      stderr: '',
      code: 0,
    });
    const both = await run(['show', 'a.jpg', 'b.jpg'], { cwd });
    expect(both.stdout).toBe('a.jpg\ttitle\tQuay\na.jpg\tkeywords\tboat; sea\n');
    expect(await run(['show', 'b.jpg'], { cwd })).toEqual({
      stdout: '',
      stderr: 'b.jpg says nothing of itself\n',
      code: 0,
    });
  });

  test('a sidecar comes before the picture, and each field says where it is from', async () => {
    const cwd = temporaryFolder({ 'a.jpg': 'small.jpg' });
    const inside = [
      alt('dc:title', 'Inside'),
      alt('dc:description', 'A quay.'),
      bag('dc:subject', 'boat'),
      regions(face('Anna')),
    ];
    embed(cwd, 'a.jpg', packet(inside.join('')));
    const beside = [
      alt('dc:title', 'Beside'),
      alt('Iptc4xmpCore:AltTextAccessibility', 'Three boats'),
      alt('Iptc4xmpCore:ExtDescrAccessibility', 'Three boats lie at a quay.'),
      bag('dc:subject', 'Boat', 'sea'),
      bag('lr:hierarchicalSubject', 'things|boat'),
      seq('digiKam:TagsList', 'places/sea'),
    ];
    writeFileSync(join(cwd, 'a.xmp'), packet(beside.join(''), 'photoshop:CaptionWriter="Ole"'));
    writeFileSync(join(cwd, 'a.jpg.xmp'), packet('', 'photoshop:City="Bergen"'));
    expect(await shown(cwd, 'a.jpg')).toEqual({
      image: 'a.jpg',
      title: 'Beside',
      description: 'A quay.',
      alt: 'Three boats',
      extendedDescription: 'Three boats lie at a quay.',
      writer: 'Ole',
      keywords: ['Boat', 'sea'],
      keywordPaths: ['things|boat', 'places|sea'],
      people: ['Anna'],
      place: { city: 'Bergen' },
      from: {
        title: ['a.xmp', 'a.jpg'],
        description: ['a.jpg'],
        alt: ['a.xmp'],
        extendedDescription: ['a.xmp'],
        writer: ['a.xmp'],
        keywords: ['a.xmp', 'a.jpg'],
        keywordPaths: ['a.xmp'],
        people: ['a.jpg'],
        place: ['a.jpg.xmp'],
      },
    });
  });

  test('a missing file and one that is no picture are named; the others are shown', async () => {
    const cwd = temporaryFolder({ 'a.jpg': 'small.jpg' });
    writeFileSync(join(cwd, 'note.jpg'), 'a text');
    embed(cwd, 'a.jpg', packet(alt('dc:title', 'Quay')));
    const { stdout, stderr, code } = await run(['show', 'none.jpg', 'note.jpg', 'a.jpg'], { cwd });
    expect({ stdout, code }).toEqual({ stdout: 'a.jpg\ttitle\tQuay\n', code: 3 });
    expect(stderr).toMatch(/none\.jpg: no such file\n[\s\S]*note\.jpg: it is .*not a picture/);
  });

  test('Ctrl-C ends it', async () => {
    const cwd = temporaryFolder({ 'a.jpg': 'small.jpg', 'b.jpg': 'small.jpg' });
    const { code, stderr } = await run(['show', '.'], { cwd, interrupted: Promise.resolve() });
    expect(code).toBe(130);
    expect(stderr).not.toContain('a bug');
  });

  test('XMP with a document type, too deep or cut off is not read, and said', async () => {
    const cwd = temporaryFolder({ 'a.jpg': 'small.jpg' });
    const hostile = [
      ['a document type', '<!DOCTYPE x [<!ENTITY y "z">]><x>&y;</x>'],
      ['nested too deep', '<a>'.repeat(5000)],
      ['nested too deep', '<é b="/>">'.repeat(5000)],
      ['too many elements', packet('<dc:a/>'.repeat(1_000_001))],
      ['not well-formed', packet('<dc:title>')],
      ['not well-formed', packet('<'.repeat(200_000))],
      ['not well-formed', `${packet('')}${' '.repeat(200_000)}x`],
      ['no rdf:RDF', '<x/>'],
    ] as const;
    for (const [why, text] of hostile) {
      writeFileSync(join(cwd, 'a.xmp'), text);
      const { stderr, code } = await run(['show', 'a.jpg'], { cwd });
      expect(code).toBe(0);
      expect(stderr).toContain('a.xmp: its XMP cannot be read: ');
      expect(stderr).toContain(why);
    }
  });
});

describe.skipIf(!hasProgram('exiftool', '-ver'))('what exiftool has written is read', () => {
  const XMP = ['-XMP-dc:Title=Käpt’n', '-XMP-dc:Subject=boat', '-XMP-dc:Subject=sea'];
  const EXIF = [
    '-EXIF:DateTimeOriginal=2023:07:01 10:11:12',
    ...['-GPSLatitude=33.9', '-GPSLatitudeRef=S', '-GPSLongitude=18.4', '-GPSLongitudeRef=E'],
  ];
  const IPTC = ['-IPTC:City=Kapstadt', '-IPTC:Caption-Abstract=Der Hafen', '-IPTC:Keywords=küste'];

  function written(name: string, tags: readonly string[]): string {
    const cwd = temporaryFolder();
    copyFileSync(fixture(name), join(cwd, name));
    execFileSync('exiftool', ['-q', '-overwrite_original', ...tags, join(cwd, name)]);
    return cwd;
  }

  test.each(['small.jpg', 'small.png', 'small.webp', 'small.heic', 'refused.avif', 'refused.tiff'])(
    'XMP and EXIF in %s',
    async (name) => {
      const cwd = written(name, [...XMP, ...EXIF]);
      expect(await shown(cwd, name)).toMatchObject({
        title: 'Käpt’n',
        keywords: ['boat', 'sea'],
        date: '2023-07-01T10:11:12',
        coordinates: { latitude: -33.9, longitude: 18.4 },
      });
    },
  );

  test('XMP in a GIF', async () => {
    const cwd = written('refused.gif', XMP);
    expect(await shown(cwd, 'refused.gif')).toMatchObject({ title: 'Käpt’n' });
  });

  test.each([
    ['small.jpg', []],
    ['small.jpg', ['-codedcharacterset=utf8']],
    ['refused.tiff', ['-codedcharacterset=utf8']],
  ])('IPTC in %s %s', async (name, more) => {
    const cwd = written(name, [...more, ...IPTC]);
    expect(await shown(cwd, name)).toMatchObject({
      description: 'Der Hafen',
      keywords: ['küste'],
      place: { city: 'Kapstadt' },
    });
  });

  test('a packet of a JPEG that is too long for one segment', async () => {
    const cwd = written('small.jpg', [...XMP, `-XMP-photoshop:Instructions=${'x'.repeat(70_000)}`]);
    expect(await shown(cwd, 'small.jpg')).toMatchObject({ title: 'Käpt’n' });
  });
});
