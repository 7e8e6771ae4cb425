import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { OkRecord } from '../../src/domain/record.js';
import { REPOSITORY, run, startProgram } from '../support/command.js';
import { fixture, fixtureBytes, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { ORIENTATIONS, photo, scenePixels, turnedScene } from '../support/pictures.js';
import { saying } from '../support/scripted-server.js';

/** Describes a picture of a folder, and returns what arrived at the server with the record. */
async function sent(name: string, bytes: Uint8Array, ...flags: string[]) {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, name), bytes);
  const { env, requests } = await saying('A boat.');
  const args = ['describe', name, '-f', 'json', ...flags];
  const { stdout, stderr, code } = await runInProcess(args, { cwd, env });
  const inline = requests[0]?.json.contents[0].parts[0].inlineData;
  const record = stdout === '' ? undefined : JSON.parse(stdout);
  return { record, stderr, code, data: Buffer.from(inline?.data ?? '', 'base64'), inline };
}

test('a scene arrives upright, however the camera was held', async () => {
  const cwd = temporaryFolder();
  const names = ORIENTATIONS.map((orientation) => `${orientation}.jpg`);
  for (const orientation of ORIENTATIONS) {
    writeFileSync(join(cwd, `${orientation}.jpg`), await turnedScene(orientation));
  }
  const { env, requests } = await saying('A boat.');
  const { stdout } = await runInProcess(['describe', ...names, '-f', 'json'], { cwd, env });
  expect(JSON.parse(stdout).map(({ sent }: OkRecord) => sent.changes)).toEqual(
    ORIENTATIONS.map((orientation) => (orientation === 1 ? ['stripped'] : ['turned', 'stripped'])),
  );
  const upright = await scenePixels();
  for (const { json } of requests) {
    const data = Buffer.from(json.contents[0].parts[0].inlineData.data, 'base64');
    const { orientation, exif } = await sharp(data).metadata();
    expect([orientation, exif]).toEqual([undefined, undefined]);
    const pixels = await sharp(data).raw().toBuffer();
    const worst = pixels.reduce(
      (most, at, i) => Math.max(most, Math.abs(at - (upright[i] ?? 0))),
      0,
    );
    expect(worst).toBeLessThan(12);
  }
  expect(requests).toHaveLength(8);
});

test('place, camera and names are not sent, but every pixel is', async () => {
  const xmp =
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:creator="Anna of XMP"/></rdf:RDF></x:xmpmeta>';
  const camera = await photo(80, 60)
    .jpeg()
    .withExif({ IFD0: { Model: 'Camera of Anna' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } })
    .withXmp(xmp)
    .toBuffer();
  // IPTC by hand: a Photoshop resource with a by-line.
  const byline = Buffer.from('\x1c\x02\x50\0\x0cAnna of IPTC', 'latin1');
  const resource = Buffer.concat([
    Buffer.from('Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0', 'latin1'),
    Buffer.from([byline.length]),
    byline,
    Buffer.alloc(byline.length % 2),
  ]);
  const segment = Buffer.from([0xff, 0xed, 0, resource.length + 2]);
  const tagged = Buffer.concat([camera.subarray(0, 2), segment, resource, camera.subarray(2)]);
  const before = await sharp(tagged).metadata();
  expect([before.exif, before.xmp, before.iptc].every(Boolean)).toBe(true);

  const { data, record } = await sent('a.jpg', tagged);
  const { exif, xmp: xmpAfter, iptc } = await sharp(data).metadata();
  expect([exif, xmpAfter, iptc]).toEqual([undefined, undefined, undefined]);
  expect(data.includes('Anna')).toBe(false);
  expect(await sharp(data).raw().toBuffer()).toEqual(await sharp(tagged).raw().toBuffer());
  expect(record.sent).toEqual({
    mimeType: 'image/jpeg',
    width: 80,
    height: 60,
    bytes: data.length,
    changes: ['stripped'],
  });
  expect((await sent('a.jpg', tagged, '--keep-metadata')).data).toEqual(tagged);
  expect((await sent('a.jpg', tagged, '--original')).data).toEqual(tagged);
});

test('a large picture is shrunk to --max-edge, 3072 by default', async () => {
  const large = await photo(3200, 40).jpeg().toBuffer();
  const { data, record } = await sent('a.jpg', large);
  expect(await sharp(data).metadata()).toMatchObject({ width: 3072, height: 38 });
  expect(record).toMatchObject({ width: 3200, height: 40, sent: { changes: ['shrunk'] } });
  const smaller = await sent('a.jpg', large, '--max-edge', '100');
  expect(smaller.record.sent).toMatchObject({ width: 100, height: 1 });
  expect((await sent('a.jpg', large, '--max-edge', '0')).data).toEqual(large);
});

describe('formats that Gemini does not take', () => {
  test.each(['gif', 'avif', 'tiff', 'bmp', 'svg'])('.%s is sent as a PNG', async (type) => {
    const { data, record, inline, stderr, code } = await sent(
      `a.${type}`,
      fixtureBytes(`refused.${type}`),
    );
    expect(code).toBe(0);
    expect(inline.mimeType).toBe('image/png');
    const { format, width = 0, height = 0 } = await sharp(data).metadata();
    expect(format).toBe('png');
    expect(width / height).toBeCloseTo(96 / 64, 1);
    expect(record.sent.changes).toEqual(['converted']);
    expect(stderr).toMatch(/^gemini-image: warning: a\.\w+ is an? \w+, which Gemini does not take/);
  });

  test('are mentioned once per run', async () => {
    const { env } = await saying('A boat.');
    const names = ['gif', 'tiff', 'bmp'].map((type) => fixture(`refused.${type}`));
    const { stderr, code } = await runInProcess(['describe', ...names], { env });
    expect(code).toBe(0);
    expect(stderr.match(/warning/g)).toHaveLength(1);
  });

  test('a BMP that is cut off is refused with a clear message', async () => {
    const { code, stderr } = await sent('a.bmp', fixtureBytes('refused.bmp').subarray(0, 60));
    expect(code).toBe(2);
    expect(stderr).toMatch(/^gemini-image: a\.bmp: it cannot be decoded: \w/);
  });
});

describe('HEIC', () => {
  test('is shrunk on request, and sent in a suitable format then', async () => {
    const { data, record } = await sent('a.heic', fixtureBytes('small.heic'), '--max-edge', '48');
    const { format, width, height } = await sharp(data).metadata();
    expect([format, width, height]).toEqual(['jpeg', 48, 32]);
    expect(record.sent.changes).toEqual(['shrunk', 'converted']);
  });

  test('that cannot be decoded is refused if it has to be', async () => {
    const damaged = Buffer.from(fixtureBytes('small.heic'));
    // The configuration of its decoder.
    damaged.fill(0, damaged.indexOf('hvcC') + 4, damaged.indexOf('hvcC') + 60);
    const { code, stderr } = await sent('a.heic', damaged, '--max-edge', '48');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^gemini-image: a\.heic: it cannot be decoded: \w/);
    expect((await sent('a.heic', damaged)).data).toEqual(damaged);
  });
});

describe('sharp', () => {
  /** Where the package is installed, but sharp is not. */
  function withoutSharp(): string {
    const folder = temporaryFolder();
    const modules = join(REPOSITORY, 'node_modules');
    mkdirSync(join(folder, 'node_modules'));
    for (const name of readdirSync(modules)) {
      if (name === 'sharp' || name.startsWith('.')) continue;
      symlinkSync(join(modules, name), join(folder, 'node_modules', name));
    }
    cpSync(join(REPOSITORY, 'dist'), join(folder, 'dist'), { recursive: true });
    cpSync(join(REPOSITORY, 'package.json'), join(folder, 'package.json'));
    return join(folder, 'dist/bin.cjs');
  }

  const describeWith = async (bin: string, ...args: string[]) => {
    const { env } = await saying('A boat.');
    return startProgram(process.execPath, [bin, 'describe', ...args], { env }).finished;
  };

  test('is not needed for what Gemini takes', async () => {
    const names = ['small.png', 'small.jpg', 'small.webp', 'small.heic', 'small.heif'];
    const { code, stderr } = await describeWith(withoutSharp(), ...names.map(fixture), '-q');
    expect([code, stderr]).toEqual([0, '']);
  });

  test.each([
    ['turned.jpg', []],
    ['refused.gif', []],
    ['harbor.jpg', ['--max-edge', '640']],
  ])('is named if %s needs it', async (name, flags) => {
    const result = await describeWith(withoutSharp(), fixture(name), ...flags);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('sharp is not installed');
    expect(result.stderr).toContain('npm install sharp');
  });

  test('is loaded only in the decoder, and only if Gemini does not take the picture as it is', async () => {
    // What a process has mapped into its memory tells which native modules it loaded.
    const folder = temporaryFolder();
    const [watch, log] = [join(folder, 'watch.cjs'), join(folder, 'started.log')];
    const code = `const { appendFileSync, writeSync } = require('node:fs');
    appendFileSync(${JSON.stringify(log)}, require('node:path').basename(process.argv[1]) + ' ');
    process.on('exit', () => {
      const maps = require('node:process').report.getReport().sharedObjects.join('\\n');
      writeSync(2, /sharp|vips/.test(maps) ? 'LOADED' : 'NOT LOADED');
    });`;
    writeFileSync(watch, code);
    const { env } = await saying('A boat.');
    const described = async (name: string) => {
      writeFileSync(log, '');
      const { stderr } = await run(['describe', fixture(name)], {
        env: { ...env, NODE_OPTIONS: `--require=${watch}` },
      });
      return [stderr, readFileSync(log, 'utf8').trim()];
    };
    expect(await described('harbor.jpg')).toEqual(['NOT LOADED', 'bin.cjs']);
    expect(await described('turned.jpg')).toEqual(['NOT LOADED', 'bin.cjs decoder-process.cjs']);
  });
});

test('a huge picture is refused before it is decoded', async () => {
  const { code, stderr } = await sent('a.png', fixtureBytes('broken/huge-header.png'));
  expect(code).toBe(2);
  expect(stderr).toMatch(/^gemini-image: a\.png: it claims 100000 × 100000 pixels/);
});

test('--original and --max-edge exclude each other', async () => {
  const args = ['describe', fixture('small.png'), '--original', '--max-edge', '100'];
  const { code, stderr } = await runInProcess([...args, '--offline']);
  expect(code).toBe(2);
  expect(stderr).toContain("'--original' cannot be used with option '--max-edge");
});

test('--dry-run shows what would be sent', async () => {
  const { stdout } = await runInProcess(['describe', fixture('refused.gif'), '--dry-run', '-q']);
  const { mimeType, data } = JSON.parse(stdout).body.contents[0].parts[0].inlineData;
  expect(mimeType).toBe('image/png');
  const { data: arrived } = await sent('a.gif', fixtureBytes('refused.gif'));
  expect(data).toBe(`<${arrived.length} bytes>`);
});
