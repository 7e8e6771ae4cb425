/** `detect --overlay`: boxes on copies of the pictures, and what never happens to other files. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { forEach } from '../support/at-once.js';
import { BLOCK, writeBlocks } from '../support/blocks.js';
import { run, shell } from '../support/command.js';
import { fixture, fixtureBytes, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { finds, refuses, replying } from '../support/judges.js';
import { answer, sendJson, serve } from '../support/scripted-server.js';
import { webServer } from '../support/web-server.js';

const BOX = { label: 'block', box_2d: BLOCK.box_2d };
const LINE = 'block\t0\t0\t96\t64\n';
const WHOLE = { label: 'block', box_2d: [0, 0, 1000, 1000] };

/** Everything in a folder, by its path. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** In which the first kind of things is drawn. */
const ORANGE = [230, 159, 0];

/** Whether there is a line around all of a picture, which a JPEG does not keep to the last bit. */
async function isDrawnOn(path: string): Promise<boolean> {
  const { height, at } = await pixelsOf(path);
  const line = at(1, height - 2);
  return ORANGE.every((value, index) => Math.abs(value - (line[index] ?? 0)) < 20);
}

/** Whether a file still holds what a fixture does. */
function isCopy(path: string, name: string): boolean {
  return readFileSync(path).equals(fixtureBytes(name));
}

async function pixelsOf(picture: string | Buffer) {
  const { data, info } = await sharp(picture)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return {
    width,
    height,
    at: (x: number, y: number) => [...data.subarray((y * width + x) * 3).subarray(0, 3)],
  };
}

test('boxes are drawn around things, on the upright picture at full size, however it was sent', async () => {
  const cwd = temporaryFolder();
  const names = await writeBlocks(cwd);
  const { env } = await replying(finds(BOX));
  const args = ['detect', ...names, '--max-edge', '100', '--overlay', 'boxes/'];
  expect((await runInProcess(args, { cwd, env })).code).toBe(0);
  for (const name of names) await expectFrame(cwd, name);
});

test('a message says if there are more boxes than are drawn', async () => {
  const cwd = temporaryFolder();
  copyFileSync(fixture('small.png'), join(cwd, 'a.png'));
  // Each another one, since equal boxes count once.
  const boxes = Array.from({ length: 10_001 }, (_, at) => ({
    ...WHOLE,
    box_2d: [0, 0, 2 + (at % 900), 2 + Math.floor(at / 900)],
  }));
  const { env } = await replying(finds(...boxes));
  const args = ['detect', 'a.png', '--overlay', 'boxes.png', '-o', 'boxes.jsonl'];
  const { code, stderr } = await runInProcess(args, { cwd, env });
  expect(stderr).toContain('warning: a.png: of 10,001 boxes the first 10,000 are drawn');
  expect(code).toBe(0);
});

/** Sees that the line is just outside of the block, on all four sides. */
async function expectFrame(cwd: string, name: string) {
  const overlay = join(cwd, 'boxes', name.replace('.png', '.boxes.png'));
  const drawn = await pixelsOf(overlay);
  const before = await pixelsOf(await sharp(join(cwd, name)).rotate().png().toBuffer());
  expect([drawn.width, drawn.height]).toEqual([400, 200]);
  const { orientation = 1 } = await sharp(overlay).metadata();
  expect(orientation).toBe(1);
  const { left, top, width, height } = BLOCK;
  const [right, bottom] = [left + width, top + height];
  const [middle, centre] = [left + width / 2, top + height / 2];
  const line = drawn.at(left - 1, centre);
  // A colour, where the picture has none.
  expect(Math.max(...line) - Math.min(...line)).toBeGreaterThan(100);
  const places: [x: number, y: number, colour: number[]][] = [
    [right, centre, line],
    [middle, top - 1, line],
    [middle, bottom, line],
    [left, centre, before.at(left, centre)],
    [right - 1, centre, before.at(right - 1, centre)],
    [middle, top, before.at(middle, top)],
    [middle, bottom - 1, before.at(middle, bottom - 1)],
    [350, 150, before.at(350, 150)],
  ];
  for (const [x, y, colour] of places) {
    expect(drawn.at(x, y), `${name}: ${x}, ${y}`).toEqual(colour);
  }
}

test('if nothing was found, the overlay is a copy', async () => {
  const cwd = temporaryFolder({ 'a.png': 'small.png' });
  const { env } = await replying(finds());
  expect((await runInProcess(['detect', 'a.png', '--overlay', 'out.png'], { cwd, env })).code).toBe(
    0,
  );
  const [drawn, before] = await Promise.all(
    ['out.png', 'a.png'].map((name) => sharp(join(cwd, name)).raw().toBuffer()),
  );
  expect(before && drawn?.equals(before)).toBe(true);
});

describe('where it goes', () => {
  test('from a folder, into a folder of the same structure, even for types that cannot be written', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'photos/deep'), { recursive: true });
    copyFileSync(fixture('small.jpg'), join(cwd, 'photos/a.jpg'));
    copyFileSync(fixture('small.webp'), join(cwd, 'photos/deep/b.webp'));
    copyFileSync(fixture('small.heic'), join(cwd, 'photos/deep/c.heic'));
    copyFileSync(fixture('refused.gif'), join(cwd, 'photos/d.GIF'));
    const { env } = await replying(finds(WHOLE));
    const args = ['detect', 'photos', '-r', '--overlay', 'boxes'];
    expect((await run(args, { cwd, env })).code).toBe(0);
    const overlays = [
      'a.boxes.jpg',
      'd.GIF.boxes.png',
      'deep/b.boxes.webp',
      'deep/c.heic.boxes.png',
    ];
    expect(filesIn(join(cwd, 'boxes'))).toEqual(overlays);
    const formats = await Promise.all(
      overlays.map(async (name) => (await sharp(join(cwd, 'boxes', name)).metadata()).format),
    );
    expect(formats).toEqual(['jpeg', 'png', 'webp', 'png']);
  });

  test.each([
    ['a file', ['a.png'], 'old.png', 'old.png'],
    ['a folder', ['a.png', 'b.png'], 'boxes/', 'boxes/a.boxes.png'],
  ])('%s: an overlay of an earlier run is replaced', async (_, pictures, overlay, file) => {
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.png': 'mislabelled.png' });
    const { env } = await replying(...pictures.map(() => finds(WHOLE)), finds());
    const args = ['detect', ...pictures, '--overlay', overlay];
    expect((await runInProcess(args, { cwd, env })).code).toBe(0);
    expect(await isDrawnOn(join(cwd, file))).toBe(true);
    expect((await runInProcess(args, { cwd, env })).code).toBe(0);
    expect(await isDrawnOn(join(cwd, file))).toBe(false);
  });

  test('in a folder, any other file stays, and its picture is not asked about', async () => {
    const cwd = temporaryFolder({
      'a.png': 'small.png',
      'b.png': 'small.png',
      'c.png': 'small.png',
    });
    mkdirSync(join(cwd, 'boxes'));
    copyFileSync(fixture('small.png'), join(cwd, 'boxes/a.boxes.png'));
    writeFileSync(join(cwd, 'boxes/b.boxes.png'), 'notes');
    // What an editor or a download has begun.
    writeFileSync(join(cwd, 'boxes/c.boxes.png'), '');
    const { env, requests } = await replying(finds(WHOLE));
    const args = ['detect', 'a.png', 'b.png', 'c.png', '--overlay', 'boxes'];
    const spared = await runInProcess(args, { cwd, env });
    expect(spared.code).toBe(3);
    expect(spared.stdout).toBe(`c.png\t${LINE}`);
    expect(requests).toHaveLength(1);
    for (const name of ['a', 'b']) {
      const why = `boxes/${name}.boxes.png is there already, and is no overlay`;
      expect(spared.stderr).toContain(`${name}.png: ${why}\n`);
    }
    expect(isCopy(join(cwd, 'boxes/a.boxes.png'), 'small.png')).toBe(true);
    expect(readFileSync(join(cwd, 'boxes/b.boxes.png'), 'utf8')).toBe('notes');
    expect(await isDrawnOn(join(cwd, 'boxes/c.boxes.png'))).toBe(true);
    expect((await runInProcess([...args, '--overwrite'], { cwd, env })).code).toBe(0);
    for (const name of ['a', 'b']) {
      expect(await isDrawnOn(join(cwd, `boxes/${name}.boxes.png`))).toBe(true);
    }
    expect(isCopy(join(cwd, 'boxes/a.boxes.png~'), 'small.png')).toBe(true);
    expect(readFileSync(join(cwd, 'boxes/b.boxes.png~'), 'utf8')).toBe('notes');
  });

  test('boxes in a JSON Lines file are drawn without a call, also when an overlay is gone', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.jpg': 'turned.jpg' });
    const server = await replying(finds(WHOLE));
    const go = async (...more: string[]) => {
      const args = ['detect', 'a.png', 'b.jpg', '-o', 'boxes.jsonl', ...more];
      expect((await runInProcess(args, { cwd, env: server.env })).code).toBe(0);
    };
    await go();
    expect(server.requests).toHaveLength(2);
    const overlays = ['a.boxes.png', 'b.boxes.jpg'].map((name) => join(cwd, 'boxes', name));
    for (const gone of [[], overlays.slice(1), overlays]) {
      for (const path of gone) rmSync(path);
      await go('--overlay', 'boxes/');
      for (const path of overlays) expect(await isDrawnOn(path)).toBe(true);
    }
    expect(server.requests).toHaveLength(2);
    expect(filesIn(cwd)).toHaveLength(5);
  });

  test('of standard input into a file, with one reading', async () => {
    const cwd = temporaryFolder();
    const { env } = await replying(finds(WHOLE));
    const stdin = fixtureBytes('small.png');
    const result = await run(['detect', '-', '--overlay', 'out.jpg'], { cwd, env, stdin });
    expect(result).toMatchObject({ code: 0, stdout: LINE, stderr: '' });
    expect(await sharp(join(cwd, 'out.jpg')).metadata()).toMatchObject({
      ...{ format: 'jpeg', width: 96, height: 64 },
    });
  });

  test('of an address, also into a folder', async () => {
    const cwd = temporaryFolder();
    const { url } = await webServer({ '/pics/boat.png': { file: fixture('small.png') } });
    const { env } = await replying(finds(WHOLE));
    const args = ['detect', `${url}/pics/boat.png?size=9`, '--allow-private-hosts', '--overlay'];
    await forEach(['out.webp', 'boxes/'], async (overlay) => {
      expect((await runInProcess([...args, overlay], { cwd, env })).code).toBe(0);
    });
    expect(filesIn(cwd)).toEqual(['boxes/boat.boxes.png', 'out.webp']);
  });
});

describe('before anything is asked', () => {
  test('an impossible path is refused', async () => {
    const cwd = temporaryFolder({
      'a.png': 'small.png',
      'b.png': 'small.png',
      'old.png': 'small.jpg',
    });
    writeFileSync(join(cwd, 'notes.txt'), 'notes');
    writeFileSync(join(cwd, 'notes.png'), 'notes');
    mkdirSync(join(cwd, 'deep'));
    const server = await replying(finds(WHOLE));
    const cases: [args: string[], message: RegExp][] = [
      [['a.png', '--overlay', 'out.gif'], /out\.gif does not end in a type of picture/],
      [['a.png', '--overlay', 'old.png'], /old\.png is there already, and is no overlay/],
      [['a.png', '--overlay', 'notes.png'], /notes\.png is there already, and is no overlay/],
      [['a.png', '--overlay', './a.png', '--overwrite'], /a\.png/],
      [['a.png', '--overlay', 'notes.txt/'], /notes\.txt/],
      [['a.png', 'b.png', '--overlay', 'notes.txt'], /notes\.txt/],
      [['a.png', 'b.png', '--overlay', 'two.png'], /two\.png is the name of one picture/],
      [['./', '--overlay', 'two.png'], /two\.png is the name of one picture/],
      [['-', '--overlay', 'boxes/'], /a picture from stdin has no name/],
      [['a.png', '-', '--overlay', 'boxes'], /a picture from stdin has no name/],
      [['deep', '--overlay', 'deep'], /overlays in deep would be taken for pictures of deep/],
      [['deep', 'a.png', '--overlay', './deep/'], /would be taken for pictures of deep/],
      [['./', '-r', '--overlay', 'deep/boxes'], /would be taken for pictures of \.\//],
      [['a.png', '-o', 'out.png', '--overlay', './out.png'], /wanted for the overlay and for/],
      [['a.png', '--failed', 'out.png', '--overlay', 'out.png'], /wanted for the overlay and/],
      [['a.png', '--overlay', 'nothere/out.png'], /nothere\/out\.png cannot be written: /],
      [['a.png', '--overlay', 'notes.txt/out.png'], /notes\.txt\/out\.png cannot be written: /],
    ];
    await forEach(cases, async ([args, message]) => {
      const options = { cwd, env: server.env, stdin: fixtureBytes('small.png') };
      const { code, stdout, stderr } = await runInProcess(['detect', ...args], options);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(stderr).toMatch(message);
    });
    expect(filesIn(cwd)).toEqual(['a.png', 'b.png', 'notes.png', 'notes.txt', 'old.png']);
    for (const name of ['a.png', 'b.png']) {
      expect(isCopy(join(cwd, name), 'small.png')).toBe(true);
    }
    expect(isCopy(join(cwd, 'old.png'), 'small.jpg')).toBe(true);
    expect(server.requests).toHaveLength(0);
  });

  test('a folder inside a searched one is accepted, if the search does not enter it', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'photos'));
    copyFileSync(fixture('small.png'), join(cwd, 'photos/a.png'));
    const { env } = await replying(finds(WHOLE));
    const args = ['detect', 'photos', '--overlay', 'photos/boxes'];
    expect((await runInProcess(args, { cwd, env })).code).toBe(0);
    expect(filesIn(cwd)).toEqual(['photos/a.png', 'photos/boxes/a.boxes.png']);
  });

  test('advice names no flag of another command', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    const args = ['detect', 'a.png', '--overlay', 'a.png/'];
    const { code, stderr } = await runInProcess(args, { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('--overlay');
    expect(stderr).not.toContain('--sidecar-dir');
  });

  test('--overwrite replaces an earlier overlay', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'old.png': 'small.jpg' });
    const { env } = await replying(finds(WHOLE));
    const args = ['detect', 'a.png', '--overlay', 'old.png', '--overwrite'];
    expect((await runInProcess(args, { cwd, env })).code).toBe(0);
    expect((await sharp(join(cwd, 'old.png')).metadata()).format).toBe('png');
  });

  test('a dry run draws nothing', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    const { code } = await runInProcess(['detect', 'a.png', '--overlay', 'out.png', '--dry-run'], {
      cwd,
    });
    expect(code).toBe(0);
    expect(existsSync(join(cwd, 'out.png'))).toBe(false);
  });
});

test('a named picture is never replaced by the overlay of another', async () => {
  const cwd = temporaryFolder({ 'a.png': 'small.png', 'a.boxes.png': 'small.jpg' });
  const { env } = await replying(finds(WHOLE));
  const args = ['detect', 'a.png', 'a.boxes.png', '--overlay', './'];
  const { code } = await runInProcess(args, { cwd, env });
  expect(isCopy(join(cwd, 'a.boxes.png'), 'small.jpg')).toBe(true);
  expect(code).toBe(3);
});

describe('a picture that fails', () => {
  test('has no overlay, and an older one stays', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'old.png': 'small.jpg' });
    const { env } = await replying(refuses);
    const args = ['detect', 'a.png', '--overlay', 'old.png', '--overwrite'];
    expect((await runInProcess(args, { cwd, env })).code).toBe(7);
    expect(isCopy(join(cwd, 'old.png'), 'small.jpg')).toBe(true);
  });

  test('keeps its boxes, but gets no overlay, if it changes in between', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    const server = await serve((response) => {
      copyFileSync(fixture('small.webp'), join(cwd, 'a.png'));
      sendJson(response, 200, answer(JSON.stringify({ boxes: [WHOLE] })));
    });
    const args = ['detect', 'a.png', '--overlay', 'out.png'];
    const { code, stdout, stderr } = await runInProcess(args, { cwd, env: server.env });
    expect(stdout).toBe(LINE);
    expect(stderr).toMatch(/^gemini-image: a\.png: there is no overlay: it has changed since/);
    // Of one picture, that of the reason.
    expect(code).toBe(2);
    expect(filesIn(cwd)).toEqual(['a.png']);
  });

  test('is not asked about, if another picture has the same overlay', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    mkdirSync(join(cwd, 'other'));
    copyFileSync(fixture('small.png'), join(cwd, 'other/a.png'));
    const { env } = await replying(finds(WHOLE));
    const args = ['detect', 'a.png', 'other/a.png', '-c', '1', '--overlay', 'boxes/'];
    const { code, stdout, stderr } = await runInProcess(args, { cwd, env });
    expect(code).toBe(3);
    expect(stdout).toBe(`a.png\t${LINE}`);
    expect(stderr).toContain('other/a.png: its overlay ');
    expect(filesIn(join(cwd, 'boxes'))).toEqual(['a.boxes.png']);
  });

  test('a full disk ends the run, and no record is lost', async () => {
    const cwd = temporaryFolder({
      'a.jpg': 'harbor.jpg',
      'b.jpg': 'harbor.jpg',
      'c.jpg': 'harbor.jpg',
    });
    const server = await replying(finds(WHOLE));
    const flags = ['-c', '1', '--overlay', 'boxes', '-f', 'jsonl'];
    const args = ['detect', 'a.jpg', 'b.jpg', 'c.jpg', ...flags];
    // No file may be larger than 8 KB.
    const { code, stdout, stderr } = await shell('ulimit -f 8; "$@"', args, {
      cwd,
      env: server.env,
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/boxes\/a\.boxes\.jpg cannot be written: /);
    const records = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records).toHaveLength(server.requests.length);
    expect(records[0]).toMatchObject({ image: 'a.jpg', status: 'ok', data: { dropped: 0 } });
    // One is prepared while another is drawn.
    expect(records.length).toBeLessThan(3);
    expect(filesIn(cwd)).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
  });
});
