/** `gemini-image write`: answers in XMP sidecars, beside what others have written there. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { answered, recordsOf } from '../support/answered.js';
import { fixture, temporaryFolder } from '../support/files.js';
import { runInProcess as run } from '../support/in-process.js';
import { hasProgram } from '../support/programs.js';
import { saying } from '../support/scripted-server.js';
import { alt, bag, canonical, embed, packet } from '../support/xmp.js';
import { CAPTURE_ONE, DARKTABLE, DIGIKAM, LIGHTROOM } from './foreign-sidecars.js';

const ANSWERS = {
  title: 'Boats at dawn',
  caption: 'Three boats lie at a quay.',
  alt: { alt: 'Three boats', description: 'Three red boats lie at a stone quay at dawn.' },
  tags: ['boat', 'sea'],
};

const DC = 'http://purl.org/dc/elements/1.1/';
/** What gemini-image writes, which is left out of a comparison. */
const OURS = [
  ...[`${DC} title`, `${DC} description`, `${DC} subject`],
  'http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/ AltTextAccessibility',
  'http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/ ExtDescrAccessibility',
  'http://ns.adobe.com/photoshop/1.0/ CaptionWriter',
  'http://ns.adobe.com/lightroom/1.0/ hierarchicalSubject',
  'http://www.digikam.org/ns/1.0/ TagsList',
];

/** A folder with `a.jpg`, and answers about it. */
async function photo(answers: Parameters<typeof answered>[2] = ANSWERS, more = {}) {
  const cwd = temporaryFolder({ 'a.jpg': 'small.jpg' });
  await answered(cwd, 'a.jpg', answers, more);
  return cwd;
}

const write = (cwd: string, ...args: string[]) =>
  run(['write', 'c.jsonl', '--into', 'xmp', ...args], { cwd });

/** What `show` says of a picture. */
async function says(cwd: string, name = 'a.jpg') {
  return JSON.parse((await run(['show', name, '-f', 'json'], { cwd })).stdout);
}

function sidecar(cwd: string, name = 'a.xmp'): string {
  return readFileSync(join(cwd, name), 'utf8');
}

describe('write', () => {
  test('writes title, caption, alt text, its description, tags, and who wrote them', async () => {
    const cwd = await photo();
    const before = readFileSync(join(cwd, 'a.jpg'));
    const { code, stdout, stderr } = await write(cwd);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '',
      stderr: '1 written into XMP sidecars (1 new)\n',
    });
    expect(await says(cwd)).toMatchObject({
      title: 'Boats at dawn',
      description: 'Three boats lie at a quay.',
      alt: 'Three boats',
      extendedDescription: 'Three red boats lie at a stone quay at dawn.',
      writer: 'gemini-image gemini-test',
      keywords: ['boat', 'sea'],
    });
    expect(readFileSync(join(cwd, 'a.jpg'))).toEqual(before);
    expect(readdirSync(cwd).toSorted()).toEqual(['a.jpg', 'a.xmp', 'c.jsonl']);
    expect(sidecar(cwd)).not.toMatch(/DigitalSourceType|AISystem/);
  });

  test('records what was written, and the same command again writes nothing', async () => {
    const cwd = await photo();
    await write(cwd);
    const record = recordsOf(cwd).at(-1);
    expect(record?.written).toMatchObject({
      to: 'a.xmp',
      fields: {
        'XMP-dc:Title': { old: null, new: 'Boats at dawn' },
        'XMP-dc:Subject': { old: null, new: ['boat', 'sea'] },
      },
    });
    expect(record).not.toHaveProperty('usage');
    expect(record).not.toHaveProperty('costUsd');
    const [before, ledger] = [sidecar(cwd), recordsOf(cwd).length];
    const again = await write(cwd);
    expect(again.stderr).toBe('0 written into XMP sidecars, 1 as before\n');
    expect([sidecar(cwd), recordsOf(cwd).length]).toEqual([before, ledger]);
  });

  test('after writing, the same describe makes no call', async () => {
    const cwd = temporaryFolder({ 'a.jpg': 'small.jpg' });
    const server = await saying('Boats.');
    const args = ['describe', 'a.jpg', '-o', 'c.jsonl', '--write', '--into', 'xmp'];
    const first = await run(args, { cwd, ...server });
    expect(first).toMatchObject({ code: 0, stdout: '' });
    expect(first.stderr).toContain('1 written into XMP sidecars (1 new)');
    expect(await says(cwd)).toMatchObject({ description: 'Boats.' });
    const again = await run(args, { cwd, ...server });
    expect(again.stderr).toContain('0 written into XMP sidecars, 1 as before');
    expect(server.requests).toHaveLength(1);
  });

  test('--write writes only the pictures of this run', async () => {
    const cwd = temporaryFolder({ 'a.jpg': 'small.jpg', 'b.png': 'small.png' });
    const server = await saying('Boats.');
    await run(['describe', 'b.png', '-o', 'c.jsonl'], { cwd, ...server });
    await run(['describe', 'a.jpg', '-o', 'c.jsonl', '--write', '--into', 'xmp'], {
      cwd,
      ...server,
    });
    expect([existsSync(join(cwd, 'a.xmp')), existsSync(join(cwd, 'b.xmp'))]).toEqual([true, false]);
  });

  test.each([
    [['describe', 'a.jpg', '--write'], '--write needs a ledger'],
    [['describe', 'a.jpg', '--write', '-o', 'c.csv'], '--write needs a ledger'],
    [['describe', 'a.jpg', '--merge', 'append'], '--merge says how --write writes'],
    [['write'], 'name the ledger'],
    [['write', 'none.jsonl'], 'none.jsonl cannot be read: no such file'],
    [['write', 'a.jpg'], 'a.jpg is no results file'],
    [['write', 'c.jsonl', '--into', 'file'], "argument 'file' is invalid"],
    [['write', 'c.jsonl', '--map', 'title=IPTC:ObjectName'], 'is no field that can be written'],
    [['write', 'c.jsonl', '--map', 'title'], 'says no answer and field'],
    [['write', 'c.jsonl', '--undo', '--from', 'x.jsonl'], 'exclude each other'],
    [['write', '--from', 'none.jsonl'], 'none.jsonl cannot be read: no such file'],
  ])('%j is refused', async (args, why) => {
    const cwd = await photo();
    const { code, stderr } = await run(args, { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(why);
    expect(readdirSync(cwd).toSorted()).toEqual(['a.jpg', 'c.jsonl']);
  });

  test('pictures behind the ledger limit it to them', async () => {
    const cwd = temporaryFolder({ 'b.jpg': 'small.jpg' });
    mkdirSync(join(cwd, 'in'));
    copyFileSync(join(cwd, 'b.jpg'), join(cwd, 'in/a.jpg'));
    for (const name of ['in/a.jpg', 'b.jpg']) await answered(cwd, name, ANSWERS);
    expect((await write(cwd, 'in', '-r')).stderr).toContain('1 written');
    expect([existsSync(join(cwd, 'in/a.xmp')), existsSync(join(cwd, 'b.xmp'))]).toEqual([
      true,
      false,
    ]);
  });

  test('a picture that is gone or has other pixels is named, and the others are written', async () => {
    const cwd = temporaryFolder({
      'a.jpg': 'small.jpg',
      'b.jpg': 'small.jpg',
      'c.jpg': 'small.jpg',
    });
    for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) await answered(cwd, name, ANSWERS);
    copyFileSync(join(cwd, 'a.jpg'), join(cwd, 'kept.jpg'));
    writeFileSync(
      join(cwd, 'a.jpg'),
      readFileSync(new URL('../../fixtures/harbor.jpg', import.meta.url)),
    );
    embed(cwd, 'b.jpg', packet(alt('dc:creator', 'Ole')));
    execFileSync('rm', [join(cwd, 'c.jpg')]);
    const { code, stderr } = await write(cwd);
    expect(code).toBe(3);
    expect(stderr).toContain('a.jpg: it is not the picture that was described');
    expect(stderr).toContain('c.jpg: no such file');
    expect(stderr).toContain('1 written into XMP sidecars (1 new), 2 failed');
    expect(existsSync(join(cwd, 'b.xmp'))).toBe(true);
  });
});

describe('what others have written', () => {
  test.each([
    ['darktable', DARKTABLE],
    ['digiKam', DIGIKAM],
    ['Lightroom', LIGHTROOM],
    ['Capture One', CAPTURE_ONE],
  ])(
    'a sidecar of %s keeps everything else, and undoing brings back all of it',
    async (_, text) => {
      const cwd = await photo();
      writeFileSync(join(cwd, 'a.xmp'), text);
      expect((await write(cwd, '--merge', 'append')).stderr).toBe('1 written into XMP sidecars\n');
      const written = sidecar(cwd);
      expect(written).not.toBe(text);
      expect(canonical(written, OURS)).toBe(canonical(text, OURS));
      expect(await says(cwd)).toMatchObject({ title: 'Boats at dawn', alt: 'Three boats' });
      expect((await write(cwd, '--undo')).stderr).toBe('1 put back as they were\n');
      expect(canonical(sidecar(cwd))).toBe(canonical(text));
    },
  );

  test('Windows line ends stay', async () => {
    const cwd = await photo();
    writeFileSync(join(cwd, 'a.xmp'), LIGHTROOM);
    await write(cwd);
    expect(sidecar(cwd).replaceAll('\r\n', '')).not.toContain('\n');
  });

  test('tags are the union in all three fields, so that no program loses a keyword', async () => {
    const cwd = await photo({ tags: ['things > boat', 'sea'] });
    writeFileSync(join(cwd, 'a.xmp'), DIGIKAM);
    await write(cwd, '--merge', 'append');
    const { keywords, keywordPaths } = await says(cwd);
    expect(keywords).toEqual(['Anna', 'Bergen', 'boat', 'sea']);
    expect(sidecar(cwd)).toMatch(
      /TagsList>[\s\S]*Family\/Anna[\s\S]*Places\/Bergen[\s\S]*things\/boat[\s\S]*<rdf:li>sea/,
    );
    expect(sidecar(cwd)).toMatch(
      /hierarchicalSubject>[\s\S]*things\|boat[\s\S]*Anna[\s\S]*Bergen[\s\S]*sea/,
    );
    expect(keywordPaths).toEqual(expect.arrayContaining(['Family|Anna', 'things|boat']));
  });

  test('what the picture says itself counts as there, although the sidecar is new', async () => {
    const cwd = temporaryFolder({ 'a.jpg': 'small.jpg' });
    embed(cwd, 'a.jpg', packet(alt('dc:title', 'My boats') + bag('dc:subject', 'mine')));
    await answered(cwd, 'a.jpg', ANSWERS);
    const { stderr } = await write(cwd);
    expect(stderr).toContain('2 fields left as they were before (--merge)');
    expect(sidecar(cwd)).not.toMatch(/dc:title|dc:subject/);
    await write(cwd, '--merge', 'append');
    expect((await says(cwd)).keywords).toEqual(['mine', 'boat', 'sea']);
  });

  test.each([
    ['not XML', 'a text'],
    ['cut off', DIGIKAM.slice(0, 900)],
    ['a document type', `<!DOCTYPE x []>${CAPTURE_ONE.slice(56)}`],
  ])('a sidecar that is %s is left as it is', async (_, text) => {
    const cwd = await photo();
    writeFileSync(join(cwd, 'a.xmp'), text);
    const { code, stderr } = await write(cwd);
    expect(code).toBe(2);
    expect(stderr).toContain('a.jpg: its XMP cannot be read');
    expect(sidecar(cwd)).toBe(text);
  });
});

describe('three ways', () => {
  test('fill writes only what is empty; replace takes the place of what was there before', async () => {
    const cwd = await photo();
    writeFileSync(join(cwd, 'a.xmp'), packet(alt('dc:title', 'Mine') + bag('dc:subject', 'mine')));
    expect((await write(cwd)).stderr).toContain('2 fields left as they were before (--merge)');
    expect(await says(cwd)).toMatchObject({
      title: 'Mine',
      keywords: ['mine'],
      alt: 'Three boats',
    });
    await write(cwd, '--merge', 'replace');
    expect(await says(cwd)).toMatchObject({ title: 'Boats at dawn', keywords: ['boat', 'sea'] });
    await write(cwd, '--undo');
    expect(await says(cwd)).toMatchObject({ title: 'Mine', keywords: ['mine'] });
  });

  test('our own words make room for newer ones', async () => {
    const cwd = await photo();
    await write(cwd);
    await answered(cwd, 'a.jpg', { title: 'Boats at dusk', tags: ['boat', 'dusk'] });
    await write(cwd);
    expect(await says(cwd)).toMatchObject({ title: 'Boats at dusk', keywords: ['boat', 'dusk'] });
  });

  test('what a person has changed since stays, is listed and counted, and gives way to --force', async () => {
    const cwd = await photo();
    await write(cwd);
    const mine = sidecar(cwd)
      .replace('Boats at dawn', 'Anna’s boat')
      .replace(/<rdf:li>sea<\/rdf:li>\s*/, '');
    writeFileSync(join(cwd, 'a.xmp'), mine);
    await answered(cwd, 'a.jpg', { title: 'Boats at dusk', tags: ['boat', 'sea', 'dusk'] });
    const kept = await write(cwd, '--merge', 'replace');
    expect(kept.stderr).toContain('a.jpg: somebody has changed XMP-dc:Title since it was written');
    expect(kept.stderr).toContain('2 fields left as somebody has changed them since (--force)');
    expect(sidecar(cwd)).toBe(mine);
    await write(cwd, '--merge', 'append');
    // The tag that a person has removed does not come back.
    expect(await says(cwd)).toMatchObject({ title: 'Anna’s boat', keywords: ['boat', 'dusk'] });
    await answered(cwd, 'a.jpg', { tags: ['boat', 'sea', 'dusk', 'quay'] });
    await write(cwd, '--merge', 'append');
    expect((await says(cwd)).keywords).toEqual(['boat', 'dusk', 'quay']);
    await write(cwd, '--merge', 'replace', '--force');
    expect(await says(cwd)).toMatchObject({
      title: 'Boats at dusk',
      keywords: ['boat', 'dusk', 'quay', 'sea'],
    });
  });

  test('undoing leaves what somebody has changed since, and removes a sidecar that is empty', async () => {
    const cwd = await photo();
    await write(cwd);
    writeFileSync(join(cwd, 'a.xmp'), sidecar(cwd).replace('Boats at dawn', 'Mine'));
    const { stderr } = await write(cwd, '--undo');
    expect(stderr).toContain('somebody has changed XMP-dc:Title since');
    expect(await says(cwd)).toEqual({ image: 'a.jpg', title: 'Mine', from: { title: ['a.xmp'] } });
    const other = await photo();
    await write(other);
    await write(other, '--undo');
    expect(readdirSync(other).toSorted()).toEqual(['a.jpg', 'c.jsonl']);
    expect((await write(other, '--undo')).stderr).toBe('0 put back as they were\n');
    expect((await write(other)).stderr).toContain('1 written');
  });

  test('words that a person wrote in a review are written, and no later answer replaces them', async () => {
    const cwd = await photo({ title: 'Boats at dawn' });
    await answered(
      cwd,
      'a.jpg',
      { title: 'Mia’s boat' },
      { edited: true, reviewed: 'accepted', by: 'Mia' },
    );
    await write(cwd);
    expect(await says(cwd)).toMatchObject({ title: 'Mia’s boat', writer: 'Mia' });
    await answered(cwd, 'a.jpg', { title: 'Boats' }, { request: 'another' });
    await write(cwd, '--merge', 'replace');
    expect(await says(cwd)).toMatchObject({ title: 'Mia’s boat' });
  });

  test('what a person rejected is not written', async () => {
    const cwd = await photo({ title: 'Boats' }, { reviewed: 'rejected' });
    expect((await write(cwd)).stderr).toContain('0 written');
  });

  test('the caption of somebody else is not signed by us', async () => {
    const cwd = await photo({ title: 'Boats', caption: 'Three boats.' });
    writeFileSync(join(cwd, 'a.xmp'), packet(alt('dc:description', 'Words of mine.')));
    await write(cwd);
    expect(await says(cwd)).not.toHaveProperty('writer');
  });
});

describe('where it goes', () => {
  test.each([
    ['a.xmp', []],
    ['a.jpg.xmp', ['--xmp-name', 'full']],
    ['a.jpg.xmp', [], 'a.jpg.xmp'],
    ['a.xmp', ['--xmp-name', 'full'], 'a.xmp'],
    ['a.XMP', [], 'a.XMP'],
  ])('%s, with %j, where %s is there', async (expected, args, there?: string) => {
    const cwd = await photo();
    if (there !== undefined) writeFileSync(join(cwd, there), packet());
    await write(cwd, ...args);
    expect(readdirSync(cwd).filter((name) => /xmp/i.test(name))).toEqual([expected]);
    expect(sidecar(cwd, expected)).toContain('Boats at dawn');
  });

  test('with both sidecars there, the picture is refused', async () => {
    const cwd = await photo();
    for (const name of ['a.xmp', 'a.jpg.xmp']) writeFileSync(join(cwd, name), packet());
    const { code, stderr } = await write(cwd);
    expect(code).toBe(2);
    expect(stderr).toContain('a.jpg: it has two sidecars, a.xmp and a.jpg.xmp');
  });

  test('of two pictures with one stem, both are refused with the way out', async () => {
    const cwd = temporaryFolder({ 'a.jpg': 'small.jpg', 'a.png': 'small.png' });
    for (const name of ['a.jpg', 'a.png']) await answered(cwd, name, ANSWERS);
    const { code, stderr } = await write(cwd);
    expect(code).toBe(2);
    expect(stderr).toContain(
      'a.jpg: a.xmp would be the sidecar of a.png, too\nGive --xmp-name full',
    );
    expect(stderr).toContain('a.png: a.xmp would be the sidecar of a.jpg, too');
    expect((await write(cwd, '--xmp-name', 'full')).stderr).toContain('2 written');
    expect(readdirSync(cwd)).toEqual(expect.arrayContaining(['a.jpg.xmp', 'a.png.xmp']));
  });

  test('languages stand beside the text for all', async () => {
    const cwd = await photo(
      { alt: 'Drei Boote' },
      { asked: { style: 'alt', lang: 'de', prompt: '' } },
    );
    await write(cwd);
    expect(sidecar(cwd)).toMatch(/xml:lang="x-default">Drei Boote[\s\S]*xml:lang="de">Drei Boote/);
  });

  test('a text in another language only is somebody’s, and stays the only one', async () => {
    const cwd = await photo(
      { title: 'Boote' },
      { asked: { style: 'title', lang: 'de', prompt: '' } },
    );
    const title = '<dc:title><rdf:Alt><rdf:li xml:lang="nb">Båter</rdf:li></rdf:Alt></dc:title>';
    writeFileSync(join(cwd, 'a.xmp'), packet(title));
    const { stderr } = await write(cwd);
    expect(stderr).toBe(
      '0 written into XMP sidecars, 1 as before, 1 field left as it was before (--merge)\n',
    );
    expect(sidecar(cwd)).toBe(packet(title));
  });

  test('--map changes, adds and leaves out, and --map-file does the same', async () => {
    const cwd = await photo({ ...ANSWERS, mood: 'calm' });
    writeFileSync(join(cwd, 'map.json'), '{"caption": "XMP-photoshop:Instructions"}');
    await write(
      cwd,
      ...['--map', 'title=XMP-dc:Headline', '--map', 'tags=', '--map', 'mood=XMP-xmp:Label'],
      ...['--map', 'alt+=XMP-photoshop:Headline', '--map-file', 'map.json'],
    );
    const text = sidecar(cwd);
    expect(text).toContain('<dc:headline>Boats at dawn</dc:headline>');
    expect(text).toContain('<photoshop:Headline>Three boats</photoshop:Headline>');
    expect(text).toContain('<photoshop:Instructions>Three boats lie at a quay.');
    expect(text).toContain('<xmp:Label>calm</xmp:Label>');
    expect(text).toContain('AltTextAccessibility');
    expect(text).not.toMatch(/dc:title|dc:subject|dc:description/);
  });

  test('tags also go where a program reads them first', async () => {
    const cwd = await photo();
    await write(cwd, '--map', 'tags+=XMP-digiKam:TagsList');
    expect(sidecar(cwd)).toMatch(
      /<digiKam:TagsList>\s*<rdf:Seq>\s*<rdf:li>boat<\/rdf:li>\s*<rdf:li>sea/,
    );
  });

  test('a structure is never written over', async () => {
    const cwd = await photo();
    writeFileSync(join(cwd, 'a.xmp'), DIGIKAM);
    const { code, stderr } = await write(cwd, '--map', 'title=XMP-iptcExt:LocationShown');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const place =
      '<Iptc4xmpExt:LocationShown><rdf:Bag><rdf:li rdf:parseType="Resource"><Iptc4xmpExt:City>Bergen</Iptc4xmpExt:City></rdf:li></rdf:Bag></Iptc4xmpExt:LocationShown>';
    writeFileSync(join(cwd, 'a.xmp'), packet(place));
    const refused = await write(cwd, '--map', 'title=XMP-iptcExt:LocationShown', '--force');
    expect(refused.stderr).toContain('XMP-iptcExt:LocationShown in a.xmp has parts of its own');
    expect(sidecar(cwd)).toBe(packet(place));
  });
});

describe('change sets', () => {
  test('--dry-run lists what would change, and changes nothing', async () => {
    const cwd = await photo({ title: 'Boats', tags: ['boat'] });
    const { stdout, stderr, code } = await write(cwd, '--dry-run');
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        file: 'a.jpg',
        to: 'a.xmp',
        field: 'XMP-dc:Title',
        old: null,
        new: 'Boats',
        ledger: 'c.jsonl',
      },
      expect.objectContaining({ field: 'XMP-photoshop:CaptionWriter' }),
      {
        file: 'a.jpg',
        to: 'a.xmp',
        field: 'XMP-dc:Subject',
        old: null,
        new: ['boat'],
        ledger: 'c.jsonl',
      },
    ]);
    expect(stderr).toBe('1 would be written into XMP sidecars (1 new)\n');
    expect(readdirSync(cwd).toSorted()).toEqual(['a.jpg', 'c.jsonl']);
    expect(recordsOf(cwd)).toHaveLength(2);
  });

  test('--from makes the changes of an edited one, and its words are a person’s', async () => {
    const cwd = await photo({ title: 'Boats', tags: ['boat'] });
    const { stdout } = await write(cwd, '--dry-run');
    writeFileSync(join(cwd, 'set.jsonl'), stdout.replace('"new":"Boats"', '"new":"Anna’s boats"'));
    const { code, stderr } = await run(['write', '--from', 'set.jsonl'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '1 written into XMP sidecars (1 new)\n' });
    expect(await says(cwd)).toMatchObject({ title: 'Anna’s boats', keywords: ['boat'] });
    const fields = recordsOf(cwd).at(-1)?.written?.fields;
    expect(fields?.['XMP-dc:Title']).toEqual({ old: null, new: 'Anna’s boats', edited: true });
    expect(fields?.['XMP-dc:Subject']).toEqual({ old: null, new: ['boat'] });
    await answered(cwd, 'a.jpg', { title: 'Ships' });
    await write(cwd, '--merge', 'replace');
    expect((await says(cwd)).title).toBe('Anna’s boats');
  });

  test('--from does not change what has changed since it was listed', async () => {
    const cwd = await photo({ title: 'Boats' });
    writeFileSync(join(cwd, 'set.jsonl'), (await write(cwd, '--dry-run')).stdout);
    writeFileSync(join(cwd, 'a.xmp'), packet(alt('dc:title', 'Mine')));
    const { stderr } = await run(['write', '--from', 'set.jsonl'], { cwd });
    expect(stderr).toContain('somebody has changed XMP-dc:Title since');
    expect((await says(cwd)).title).toBe('Mine');
  });

  test.each([
    ['{"file":"a.jpg"}', 'is no change'],
    ['nothing', 'line 1 is no change'],
    [
      '{"file":"a.jpg","to":"../b.xmp","field":"XMP-dc:Title","new":"x"}',
      'is not the name of the picture or of its sidecar',
    ],
    ['{"file":"a.jpg","field":"XMP-dc:Title","new":7}', 'are a text, a list of texts, or null'],
    ['{"file":"a.jpg","field":"EXIF:Artist","new":"x"}', 'is no field that can be written'],
  ])('%s is refused', async (line, why) => {
    const cwd = await photo();
    writeFileSync(join(cwd, 'set.jsonl'), `${line}\n`);
    const { code, stderr } = await run(['write', 'c.jsonl', '--from', 'set.jsonl'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(why);
    expect(existsSync(join(cwd, 'a.xmp'))).toBe(false);
  });
});

describe('safety', () => {
  test('permissions and links of a sidecar stay', async () => {
    const cwd = await photo();
    writeFileSync(join(cwd, 'real.xmp'), packet());
    chmodSync(join(cwd, 'real.xmp'), 0o640);
    symlinkSync('real.xmp', join(cwd, 'a.xmp'));
    linkSync(join(cwd, 'real.xmp'), join(cwd, 'second-name.xmp'));
    await write(cwd);
    expect(sidecar(cwd, 'real.xmp')).toContain('Boats at dawn');
    expect(statSync(join(cwd, 'real.xmp')).mode & 0o777).toBe(0o640);
    expect(
      readdirSync(cwd, { withFileTypes: true })
        .find(({ name }) => name === 'a.xmp')
        ?.isSymbolicLink(),
    ).toBe(true);
    // Another name of the same file keeps the old content.
    expect(sidecar(cwd, 'second-name.xmp')).toBe(packet());
  });

  test('a ledger, a folder or a pipe in place of a sidecar is refused', async () => {
    const cwd = await photo();
    mkdirSync(join(cwd, 'a.xmp'));
    const { code, stderr } = await write(cwd);
    expect(code).toBe(2);
    expect(stderr).toContain('a.jpg: it is no file');
  });

  test('a writing that a crash kept out of the ledger is recognised as ours', async () => {
    const cwd = await photo();
    const before = readFileSync(join(cwd, 'c.jsonl'));
    await write(cwd);
    writeFileSync(join(cwd, 'c.jsonl'), before);
    writeFileSync(join(cwd, '.gemini-image-0123abcd.tmp'), 'half');
    expect((await write(cwd)).stderr).toBe('0 written into XMP sidecars, 1 as before\n');
    await answered(cwd, 'a.jpg', { title: 'Boats at dusk' });
    await write(cwd);
    expect((await says(cwd)).title).toBe('Boats at dusk');
    expect(readdirSync(cwd)).not.toContain('.gemini-image-0123abcd.tmp');
    await write(cwd, '--undo');
    expect(readdirSync(cwd).toSorted()).toEqual(['a.jpg', 'c.jsonl']);
  });

  test('after Ctrl-C, the same command goes on', async () => {
    const cwd = temporaryFolder();
    const names = ['a.jpg', 'b.jpg', 'c.jpg'];
    for (const name of names) {
      copyFileSync(fixture('small.jpg'), join(cwd, name));
      await answered(cwd, name, { title: 'Boats' });
    }
    const args = ['write', 'c.jsonl', '--into', 'xmp'];
    const { code, stderr } = await run(args, { cwd, interrupted: Promise.resolve() });
    expect(code).toBe(130);
    expect(stderr).not.toContain('a bug');
    const done = readdirSync(cwd).filter((name) => name.endsWith('.xmp')).length;
    expect(recordsOf(cwd).filter(({ written }) => written)).toHaveLength(done);
    await run(args, { cwd });
    expect(readdirSync(cwd).filter((name) => name.endsWith('.xmp'))).toHaveLength(3);
  });

  test('answers about several pictures, and pictures without an answer, are counted', async () => {
    const cwd = await photo();
    const failed = {
      image: 'b.jpg',
      status: 'failed',
      error: { kind: 'input', message: 'no', retryable: false },
    };
    const [record] = recordsOf(cwd);
    const { image: _, ...facts } = record ?? { image: '' };
    const together = { ...facts, images: [record, { ...record, image: 'x.jpg' }] };
    writeFileSync(
      join(cwd, 'c.jsonl'),
      `${readFileSync(join(cwd, 'c.jsonl'), 'utf8')}${JSON.stringify(failed)}\n${JSON.stringify(together)}\n`,
    );
    expect((await write(cwd)).stderr).toBe(
      '1 written into XMP sidecars (1 new), 1 without an answer, 1 about pages, several pictures or no file\n',
    );
  });
});

describe.skipIf(!hasProgram('exiftool', '-ver'))('exiftool', () => {
  test.each([
    ['a new sidecar', undefined],
    ['one of darktable', DARKTABLE],
    ['one of digiKam', DIGIKAM],
    ['one of Lightroom', LIGHTROOM],
    ['one of Capture One', CAPTURE_ONE],
  ])('reads back what was written into %s, and everything else as before', async (_, text) => {
    const cwd = await photo({ ...ANSWERS, tags: ['things > boat', 'sea'] });
    const read = () =>
      JSON.parse(
        execFileSync('exiftool', ['-a', '-G1', '-j', '-struct', '-XMP:all', join(cwd, 'a.xmp')], {
          encoding: 'utf8',
        }),
      )[0];
    if (text !== undefined) writeFileSync(join(cwd, 'a.xmp'), text);
    const before = text === undefined ? {} : read();
    await write(cwd, '--merge', 'append');
    const after = read();
    expect(after).toMatchObject({
      'XMP-dc:Title': 'Boats at dawn',
      'XMP-dc:Description': 'Three boats lie at a quay.',
      'XMP-iptcCore:AltTextAccessibility': 'Three boats',
      'XMP-iptcCore:ExtDescrAccessibility': 'Three red boats lie at a stone quay at dawn.',
      'XMP-photoshop:CaptionWriter': 'gemini-image gemini-test',
      'XMP-dc:Subject': expect.arrayContaining(['boat', 'sea']),
      'XMP-lr:HierarchicalSubject': expect.arrayContaining(['things|boat', 'sea']),
      'XMP-digiKam:TagsList': expect.arrayContaining(['things/boat', 'sea']),
    });
    const ours =
      /Title|Description|Accessibility|CaptionWriter|Subject|TagsList|XMPToolkit|SourceFile/;
    const others = (all: object) => Object.entries(all).filter(([name]) => !ours.test(name));
    expect(others(after)).toEqual(others(before));
  });
});
