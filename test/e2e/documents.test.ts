import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pdfOf, tiffOf } from '../support/documents.js';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { saying } from '../support/scripted-server.js';

/** A folder with these files. */
function folderWith(files: Readonly<Record<string, Buffer>>): string {
  const folder = temporaryFolder({});
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return folder;
}

const SCAN = tiffOf([60, 40], [-8, 8], [30, 80], [20, 20]);

function recordsIn(text: string) {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('--pages of a TIFF', () => {
  const cwdOf = () => folderWith({ 'scan.tif': SCAN, 'one.tif': tiffOf([16, 16]) });

  test('all: each page is a picture of its own, thumbnails are none', async () => {
    const args = ['describe', 'scan.tif', 'one.tif', '--pages', 'all', '--offline', '-f', 'jsonl'];
    const { stdout, stderr, code } = await runInProcess(args, { cwd: cwdOf() });
    expect(code).toBe(0);
    const records = recordsIn(stdout).sort((a, b) => (a.image < b.image ? -1 : 1));
    expect(
      records.map(({ image, page, pages, width, height }) => [image, page, pages, width, height]),
    ).toEqual([
      ['one.tif', undefined, undefined, 16, 16],
      ['scan.tif#1', 1, 3, 60, 40],
      ['scan.tif#2', 2, 3, 30, 80],
      ['scan.tif#3', 3, 3, 20, 20],
    ]);
    expect(new Set(records.map(({ pictureSha256 }) => pictureSha256)).size).toBe(4);
    expect(records.map(({ text }) => text)).toEqual([
      expect.stringContaining('16 × 16'),
      expect.stringContaining('60 × 40'),
      expect.stringContaining('30 × 80'),
      expect.stringContaining('20 × 20'),
    ]);
    expect(stderr).not.toContain('the first was sent');
  });

  test('first, and without it: the first page, with a word about the others', async () => {
    for (const flags of [[], ['--pages', 'first']]) {
      const args = ['describe', 'scan.tif', '--offline', ...flags];
      const { stdout, stderr } = await runInProcess(args, { cwd: cwdOf() });
      expect(stdout).toContain('60 × 40');
      expect(stderr).toContain('scan.tif has 3 pages, the first was sent (--pages all takes each)');
    }
  });

  test.each([
    ['2', ['scan.tif#2']],
    ['2-3', ['scan.tif#2', 'scan.tif#3']],
    ['2-', ['scan.tif#2', 'scan.tif#3']],
    ['3,1-1,7', ['scan.tif#1', 'scan.tif#3']],
  ])('%s: those pages', async (pages, names) => {
    const args = ['describe', 'scan.tif', '--pages', pages, '--offline', '-f', 'json'];
    const { stdout } = await runInProcess(args, { cwd: cwdOf() });
    expect(JSON.parse(stdout).map(({ image }: { image: string }) => image)).toEqual(names);
  });

  test('what names no page of the file fails with its number', async () => {
    const args = ['describe', 'scan.tif', '--pages', '4-5', '--offline'];
    const { stderr, code } = await runInProcess(args, { cwd: cwdOf() });
    expect({ stderr, code }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'scan.tif: it has 3 pages, and --pages asks for none of them',
      ),
    });
  });

  test.each(['0', '5-2', 'x', '', '1,,2'])('refuses --pages "%s"', async (pages) => {
    const args = ['describe', 'scan.tif', `--pages=${pages}`, '--offline'];
    const { stderr, code } = await runInProcess(args, { cwd: cwdOf() });
    expect({ stderr, code }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('names no pages'),
    });
  });

  test('a page can be named, on the command line and in a list', async () => {
    const cwd = cwdOf();
    const { stdout } = await runInProcess(['describe', 'scan.tif#2', '--offline'], { cwd });
    expect(stdout).toContain('30 × 80');
    writeFileSync(join(cwd, 'list.txt'), 'scan.tif#3\nscan.tif#9\none.tif#1\n');
    const args = ['describe', '--files-from', 'list.txt', '--offline', '--failed', 'failed.txt'];
    const listed = await runInProcess(args, { cwd });
    expect(listed.stdout).toMatch(/^scan\.tif#3\t.*20 × 20.*\none\.tif#1\t.*16 × 16/);
    expect(listed.stderr).toContain('scan.tif#9: it has 3 pages, and no page 9');
    const failed = () => readFileSync(join(cwd, 'failed.txt'), 'utf8');
    expect(failed()).toBe('scan.tif#9\n');
    // A list of pages is known as a list of ours.
    await runInProcess(args, { cwd });
    expect(failed()).toBe('scan.tif#9\n');
  });

  test('a file of that very name comes first', async () => {
    const cwd = folderWith({ 'scan.tif': SCAN, 'scan.tif#2': tiffOf([10, 10]) });
    const { stdout } = await runInProcess(['describe', 'scan.tif#2', '--offline'], { cwd });
    expect(stdout).toContain('10 × 10');
  });

  test('a ledger knows each page, and the first as the file; a renamed file keeps its pages', async () => {
    const { env, requests } = await saying('A page.');
    const cwd = cwdOf();
    const run = (...args: string[]) =>
      runInProcess(['describe', ...args, '-o', 'c.jsonl'], { cwd, env });
    await run('scan.tif');
    await run('scan.tif', '--pages', 'all');
    expect(requests).toHaveLength(3);
    writeFileSync(join(cwd, 'copy.tif'), SCAN);
    rmSync(join(cwd, 'scan.tif'));
    const { stderr } = await run('copy.tif', '--pages', 'all');
    expect(stderr).toContain('3 done before (under another name');
    expect(requests).toHaveLength(3);
    await run('copy.tif#1');
    const images = recordsIn(readFileSync(join(cwd, 'c.jsonl'), 'utf8'));
    const copied = images.filter(({ copiedFrom }) => copiedFrom !== undefined);
    expect(copied.map(({ image, copiedFrom }) => [image, copiedFrom])).toEqual([
      ['scan.tif#1', 'scan.tif'],
      ['copy.tif#1', 'scan.tif'],
      ['copy.tif#2', 'scan.tif#2'],
      ['copy.tif#3', 'scan.tif#3'],
    ]);
  });

  test('pages are not taken for equal pictures where the hash of the file counts', async () => {
    const { env, requests } = await saying('A page.');
    const args = ['describe', 'scan.tif', '--pages', 'all', '--keep-metadata'];
    await runInProcess(args, { cwd: cwdOf(), env });
    expect(requests).toHaveLength(3);
  });

  test('sidecars and overlays have the page in their names', async () => {
    const cwd = cwdOf();
    const args = ['describe', 'scan.tif', '--pages', '2-3', '--offline', '--sidecar'];
    await runInProcess(args, { cwd });
    await runInProcess([...args, '--sidecar-name', 'full'], { cwd });
    await runInProcess(['detect', 'scan.tif#2', 'one.tif', '--offline', '--overlay', 'o/'], {
      cwd,
    });
    for (const name of ['scan#2.txt', 'scan#3.txt', 'scan.tif#2.txt', 'o/scan.tif#2.boxes.png']) {
      expect(existsSync(join(cwd, name)), name).toBe(true);
    }
    const overlay = readFileSync(join(cwd, 'o/scan.tif#2.boxes.png'));
    expect([overlay.readUInt32BE(16), overlay.readUInt32BE(20)]).toEqual([30, 80]);
  });

  test('a stream is not taken apart, and says so', async () => {
    const args = ['describe', '-', '--pages', 'all', '--offline'];
    const { stderr, code } = await runInProcess(args, { cwd: cwdOf(), stdin: SCAN });
    expect({ stderr, code }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'it has 3 pages, and only a file can be taken apart into them',
      ),
    });
  });

  test('all pages of a file can be one question', async () => {
    const { env, requests } = await saying('A document.');
    const args = ['describe', 'scan.tif', '--pages', 'all', '--group', '{stem}'];
    const { stdout } = await runInProcess(args, { cwd: cwdOf(), env });
    expect(stdout).toBe('scan\tA document.\n');
    expect(requests).toHaveLength(1);
  });
});

describe('a PDF', () => {
  const REPORT = pdfOf(3);

  test('is sent as it is in one request, and its record has its pages', async () => {
    const { env, requests } = await saying('A report.');
    const cwd = folderWith({ 'report.pdf': REPORT });
    const { stdout, stderr } = await runInProcess(['describe', 'report.pdf', '-f', 'json'], {
      cwd,
      env,
    });
    expect(requests[0]?.json.contents[0].parts[0]).toEqual({
      inlineData: { mimeType: 'application/pdf', data: REPORT.toString('base64') },
    });
    const record = JSON.parse(stdout);
    expect(record).toMatchObject({
      image: 'report.pdf',
      status: 'ok',
      mimeType: 'application/pdf',
      pages: 3,
      size: REPORT.length,
      sent: { mimeType: 'application/pdf', bytes: REPORT.length, changes: [] },
    });
    expect(record).not.toHaveProperty('width');
    expect(stderr).toContain('report.pdf is sent with its metadata: it is a PDF');
  });

  test('in a folder it is passed over by name, and taken with --pdf', async () => {
    const cwd = folderWith({
      'a.pdf': REPORT,
      'b.PDF': REPORT,
      'c.pdf': REPORT,
      'd.pdf': REPORT,
      'x.tif': tiffOf([8, 8]),
    });
    const without = await runInProcess(['describe', '.', '--offline'], { cwd });
    expect(without.code).toBe(0);
    expect(without.stderr).toContain(
      '1 described, 4 PDF documents passed over: ./a.pdf, ./b.PDF, ./c.pdf and 1 more (--pdf takes them too)\n',
    );
    const taken = await runInProcess(['describe', '.', '--pdf', '--offline'], { cwd });
    expect(
      taken.stdout.split('\n').filter((line) => line.includes('PDF document of 3 pages')),
    ).toHaveLength(4);
    expect(taken.stderr).not.toContain('passed over');
  });

  test('a folder of nothing else says what to do', async () => {
    const cwd = folderWith({ 'a.pdf': REPORT });
    const { stderr, code } = await runInProcess(['describe', '.', '--offline'], { cwd });
    expect({ stderr, code }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Give --pdf'),
    });
  });

  test.each([['first'], ['2-3']])('--pages %s is refused', async (pages) => {
    const cwd = folderWith({ 'report.pdf': REPORT });
    const args = ['describe', 'report.pdf', '--pages', pages, '--offline'];
    const { stderr, code } = await runInProcess(args, { cwd });
    expect({ stderr, code }).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /report\.pdf: it is a PDF document, whose pages are sent together\n.*qpdf/,
      ),
    });
  });

  test('--pages all is what happens anyway', async () => {
    const cwd = folderWith({ 'report.pdf': REPORT });
    const args = ['describe', 'report.pdf', '--pages', 'all', '--offline'];
    expect((await runInProcess(args, { cwd })).stdout).toBe(
      'report.pdf\t[offline] A PDF document of 3 pages.\n',
    );
  });

  test('the estimates count its pages, also those in compressed objects', async () => {
    const cwd = folderWith({ 'a.pdf': pdfOf(20, { packed: true }), 'b.pdf': pdfOf(5) });
    const tokens = async (...args: string[]) => {
      const { stdout } = await runInProcess(['describe', ...args, '--dry-run', '-f', 'json'], {
        cwd,
      });
      const shown = JSON.parse(stdout);
      return shown.inputTokens ?? shown.estimate.inputTokens;
    };
    expect(Math.floor((await tokens('a.pdf')) / 1120)).toBe(20);
    expect(Math.floor((await tokens('.', '--pdf')) / 1120)).toBe(25);
    const args = ['describe', 'a.pdf', '--max-cost', '0.003', '--offline'];
    expect((await runInProcess(args, { cwd })).stderr).toContain(
      'one call may cost about $0.00748',
    );
  });

  test('a large one goes through the Files API', async () => {
    const cwd = folderWith({ 'large.pdf': pdfOf(2, { padding: 16_000_000 }) });
    const dry = await runInProcess(['describe', 'large.pdf', '--dry-run', '-f', 'json'], { cwd });
    expect(JSON.parse(dry.stdout).body.contents[0].parts[0]).toEqual({
      fileData: {
        mimeType: 'application/pdf',
        fileUri: expect.stringMatching(/^<uploaded first: 16\d{6} bytes>$/),
      },
    });
    const { stdout } = await runInProcess(['describe', 'large.pdf', '--offline'], { cwd });
    expect(stdout).toBe('[offline] A PDF document of 2 pages.\n');
  });

  test('cut off it is refused, and sent with --damaged', async () => {
    const { env, requests } = await saying('Half a report.');
    const cwd = folderWith({ 'report.pdf': REPORT.subarray(0, -8) });
    const { stderr, code } = await runInProcess(['describe', 'report.pdf'], { cwd, env });
    expect({ stderr, code }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('it is cut off'),
    });
    expect(requests).toHaveLength(0);
    const damaged = await runInProcess(['describe', 'report.pdf', '--damaged'], { cwd, env });
    expect(damaged.stdout).toBe('Half a report.\n');
  });

  test('is known under another name, and resumes', async () => {
    const { env, requests } = await saying('A report.');
    const cwd = folderWith({ 'a.pdf': REPORT });
    const run = () => runInProcess(['describe', '.', '--pdf', '-o', 'c.jsonl'], { cwd, env });
    await run();
    writeFileSync(join(cwd, 'b.pdf'), REPORT);
    rmSync(join(cwd, 'a.pdf'));
    expect((await run()).stderr).toContain('1 done before (under another name');
    expect(requests).toHaveLength(1);
  });

  test('check judges it, and detect refuses it', async () => {
    const cwd = folderWith({ 'report.pdf': REPORT });
    const args = ['check', 'report.pdf', '--that', 'it has a title [holds]', '--offline'];
    expect((await runInProcess(args, { cwd })).code).toBe(0);
    const detected = await runInProcess(['detect', 'report.pdf', '--offline'], { cwd });
    expect(detected.code).toBe(2);
    expect(detected.stderr).toContain('it is a PDF document, not a picture');
  });
});
