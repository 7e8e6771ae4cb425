import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { shell, start } from '../support/command.js';
import { fixture, fixtureBytes, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { saying } from '../support/scripted-server.js';
import { webServer } from '../support/web-server.js';

/** A folder with pictures, and with what is usually found beside them. */
function pictures(): string {
  const folder = temporaryFolder();
  const files = [
    'pics/img10.jpg',
    'pics/img2.jpg',
    'pics/sub/deep/z.webp',
    'pics/sub/a.png',
    'pics/.hidden.png',
    'pics/.hidden/b.png',
  ];
  for (const name of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    copyFileSync(fixture(`small.${name.slice(name.lastIndexOf('.') + 1)}`), join(folder, name));
  }
  copyFileSync(fixture('turned.jpg'), join(folder, 'pics/img10.jpg'));
  writeFileSync(join(folder, 'pics/notes.txt'), 'A list of what to buy.\n');
  writeFileSync(join(folder, 'pics/sub/data.json'), '{}\n');
  mkdirSync(join(folder, 'texts'));
  writeFileSync(join(folder, 'texts/a.txt'), 'A text.\n');
  return folder;
}

/** Describes what the arguments name, and returns the records with all else that came of it. */
async function describes(args: readonly string[], cwd: string, stdin?: string) {
  const { env, requests } = await saying('A boat.');
  const options = { cwd, env, ...(stdin !== undefined && { stdin }) };
  const { stdout, stderr, code } = await runInProcess(
    ['describe', ...args, '-f', 'jsonl'],
    options,
  );
  const records = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  return { images: records.map(({ image }) => image), records, stderr, code, requests };
}

describe('folders', () => {
  test('give their pictures in natural order', async () => {
    const { images, code, stderr } = await describes(['pics'], pictures());
    expect(images).toEqual(['pics/img2.jpg', 'pics/img10.jpg']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^2 described, 1 passed over that is no picture \(1 text\)\n/);
  });

  test('give those of their sub-folders with -r', async () => {
    const { images, stderr } = await describes(['pics/', '-r'], pictures());
    expect(images).toEqual([
      'pics/img2.jpg',
      'pics/img10.jpg',
      'pics/sub/a.png',
      'pics/sub/deep/z.webp',
    ]);
    expect(stderr).toMatch(/^4 described, 2 passed over that are no pictures \(2 texts\)\n/);
  });

  test('without pictures are an error', async () => {
    const { records, code, stderr, requests } = await describes(['texts'], pictures());
    expect(records).toMatchObject([
      { image: 'texts/', status: 'failed', error: { kind: 'input' } },
    ]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^gemini-image: texts\/: there are no pictures in this folder/);
    expect(requests).toHaveLength(0);
  });

  test('report a picture that is broken, and go on', async () => {
    const folder = pictures();
    writeFileSync(join(folder, 'pics/img3.jpg'), '');
    const { images, code, stderr } = await describes(['pics'], folder);
    expect(images).toEqual(['pics/img2.jpg', 'pics/img3.jpg', 'pics/img10.jpg']);
    expect(code).toBe(3);
    expect(stderr).toContain('gemini-image: pics/img3.jpg: it is empty\n');
  });

  test('may hold links that lead in a circle', async () => {
    const folder = pictures();
    symlinkSync('..', join(folder, 'pics/sub/up'));
    const { images } = await describes(['pics', '-r'], folder);
    expect(images).toHaveLength(4);
  });

  test('may hold links to pictures elsewhere, which are not sent without --follow', async () => {
    const folder = pictures();
    copyFileSync(fixture('harbor.jpg'), join(folder, 'private.jpg'));
    symlinkSync('../../private.jpg', join(folder, 'pics/sub/cat.jpg'));
    const { images, stderr } = await describes(['pics/sub'], folder);
    expect(images).toEqual(['pics/sub/a.png']);
    expect(stderr).toContain(
      ', 1 link that leads out of the folder passed over (--follow follows them)\n',
    );
    const followed = await describes(['pics/sub', '--follow'], folder);
    expect(followed.images).toEqual(['pics/sub/a.png', 'pics/sub/cat.jpg']);
  });

  test('are several pictures, even with only one inside', async () => {
    const { env } = await saying('A boat.');
    const cwd = pictures();
    const json = await runInProcess(['describe', 'pics/sub', '-f', 'json'], { cwd, env });
    expect(JSON.parse(json.stdout)).toMatchObject([{ image: 'pics/sub/a.png' }]);
    const text = await runInProcess(['describe', 'pics/sub'], { cwd, env });
    expect(text.stdout).toBe('pics/sub/a.png\tA boat.\n');
  });
});

describe('globs', () => {
  test('in quotes find what matches, in sub-folders too', async () => {
    const { images, code } = await describes(['pics/**/*.{png,webp}'], pictures());
    expect(images).toEqual(['pics/sub/a.png', 'pics/sub/deep/z.webp']);
    expect(code).toBe(0);
  });

  test('that match nothing are an error', async () => {
    const { code, stderr } = await describes(['pics/*.gif'], pictures());
    expect(code).toBe(2);
    expect(stderr).toContain('gemini-image: pics/*.gif: no file matches');
  });

  test('are names first: a file with exactly that name is meant', async () => {
    const folder = pictures();
    copyFileSync(fixture('small.png'), join(folder, 'photo[1].png'));
    const { images } = await describes(['photo[1].png'], folder);
    expect(images).toEqual(['photo[1].png']);
  });
});

describe('lists', () => {
  test('are read from a file', async () => {
    const folder = pictures();
    writeFileSync(join(folder, 'list.txt'), 'pics/img10.jpg\r\n\npics/img2.jpg\n');
    const { images } = await describes(['--files-from', 'list.txt'], folder);
    expect(images).toEqual(['pics/img10.jpg', 'pics/img2.jpg']);
  });

  test('are read from find', async () => {
    const { env } = await saying('A boat.');
    const line = 'find pics -name "*.jpg" -print0 | sort -z | "$@"';
    const args = ['describe', '--files-from', '-', '-0'];
    const { stdout, code } = await shell(line, args, { cwd: pictures(), env });
    expect(stdout).toBe('pics/img10.jpg\tA boat.\npics/img2.jpg\tA boat.\n');
    expect(code).toBe(0);
  });

  test('that cannot be read end the run', async () => {
    const { code, stderr, requests } = await describes(['--files-from', 'nothere'], pictures());
    expect(code).toBe(2);
    expect(stderr).toMatch(/^gemini-image: .*nothere.*no such file/);
    expect(requests).toHaveLength(0);
  });

  test('that break off leave what was found before', async () => {
    const folder = pictures();
    writeFileSync(join(folder, 'list'), 'pics/img2.jpg\npics/img10.jpg\0');
    const { images, records, code } = await describes(['--files-from', 'list'], folder);
    expect(images).toEqual(['pics/img2.jpg', 'list']);
    expect(records[1]).toMatchObject({ status: 'failed', error: { kind: 'usage' } });
    expect(code).toBe(3);
  });

  test('share stdin with nothing else', async () => {
    const { code, stderr } = await describes(['-', '--files-from', '-'], pictures(), 'a.png\n');
    expect(code).toBe(2);
    expect(stderr).toContain('stdin can be read only once');
  });

  test('are needed for -0', async () => {
    const { code, stderr } = await describes(['pics', '-0'], pictures());
    expect(code).toBe(2);
    expect(stderr).toContain('--files-from');
  });
});

test('a picture that is named twice is taken once', async () => {
  const folder = pictures();
  symlinkSync('img2.jpg', join(folder, 'pics/link.jpg'));
  const inputs = ['pics/img2.jpg', 'pics', './pics/img2.jpg', join(folder, 'pics/img10.jpg')];
  const { images, code } = await describes(inputs, folder);
  expect(images).toEqual(['pics/img2.jpg', 'pics/img10.jpg']);
  expect(code).toBe(0);
});

test('a file that is named but is not a picture is an error', async () => {
  const { code, stderr } = await describes(['pics/notes.txt', 'pics/img2.jpg'], pictures());
  expect(code).toBe(3);
  expect(stderr).toContain('gemini-image: pics/notes.txt: it is text, not a picture');
});

test('all kinds of inputs can be mixed', async () => {
  const { url } = await webServer({ '/b.jpg': { file: fixture('small.jpg') } });
  const folder = pictures();
  writeFileSync(join(folder, 'list.txt'), `${url}/b.jpg?size=2\n`);
  const inputs = [`${url}/b.jpg?size=1`, 'pics/sub', 'pics/*2.jpg', '--files-from', 'list.txt'];
  const { images, code } = await describes([...inputs, '--allow-private-hosts'], folder);
  expect(images).toEqual([
    `${url}/b.jpg?size=1`,
    'pics/sub/a.png',
    'pics/img2.jpg',
    `${url}/b.jpg?size=2`,
  ]);
  expect(code).toBe(0);
});

describe('addresses', () => {
  test('are fetched by the command, and the key is not sent', async () => {
    const { url, requests } = await webServer({
      '/a.png': { redirect: '/b.png' },
      '/b.png': { file: fixture('small.png') },
    });
    const { records } = await describes([`${url}/a.png`, '--allow-private-hosts'], pictures());
    expect(records).toMatchObject([{ image: `${url}/a.png`, status: 'ok', mimeType: 'image/png' }]);
    expect(requests.map(({ path }) => path)).toEqual(['/a.png', '/b.png']);
    for (const { headers } of requests) {
      expect(headers['user-agent']).toMatch(/^gemini-image\/\d+\.\d+\.\d+$/);
      expect(Object.keys(headers)).not.toContain('x-goog-api-key');
      expect(Object.keys(headers)).not.toContain('cookie');
    }
  });

  test('of this machine are refused without a connection', async () => {
    const web = await webServer({ '/a.png': { file: fixture('small.png') } });
    const { code, stderr } = await describes([`${web.url}/a.png?token=s3cr3t`], pictures());
    expect(code).toBe(2);
    expect(stderr.startsWith(`gemini-image: ${web.url}/a.png: `)).toBe(true);
    expect(stderr).toContain('--allow-private-hosts');
    expect(stderr).not.toContain('s3cr3t');
    expect(web.connections()).toBe(0);
  });

  test.each([
    ['http://user:s3cr3t@127.0.0.1:9/a.png', 2],
    ['http://127.0.0.1:9/a.png', 6],
  ])('%s cannot be fetched: exit %i', async (address, exitCode) => {
    const args = [address, '--allow-private-hosts', '--retries', '0'];
    const { code, stderr } = await describes(args, pictures());
    expect(code).toBe(exitCode);
    expect(stderr).not.toContain('s3cr3t');
  });

  test('without a picture are an error', async () => {
    const folder = pictures();
    const { url } = await webServer({ '/notes': { file: join(folder, 'pics/notes.txt') } });
    const names = [`${url}/notes`, `${url}/nothere`];
    const { code, stderr } = await describes([...names, '--allow-private-hosts'], folder);
    expect(code).toBe(2);
    expect(stderr).toContain(`${url}/notes: it is text, not a picture`);
    expect(stderr).toMatch(/nothere: .*404/);
  });
});

test('a picture is never replaced', async () => {
  const { env, requests } = await saying('A boat.');
  const cwd = pictures();
  const output = join(cwd, 'pics/img2.jpg');
  for (const input of ['pics', 'pics/*.jpg', 'pics/sub']) {
    const { code, stderr } = await runInProcess(['describe', input, '-o', 'pics/img2.jpg'], {
      cwd,
      env,
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^gemini-image: pics\/img2\.jpg is a picture, and is not written over\n/,
    );
  }
  expect(readFileSync(output)).toEqual(fixtureBytes('small.jpg'));
  expect(requests).toHaveLength(0);
});

test('a named pipe that nobody writes to can be interrupted, and the rest is saved', async () => {
  const { env } = await saying('A boat.');
  const cwd = pictures();
  execFileSync('mkfifo', [join(cwd, 'pipe.jpg')]);
  const args = ['describe', 'pics/img2.jpg', 'pipe.jpg', '-f', 'jsonl', '--stream', '-o', 'out'];
  const { child, finished } = start(args, { cwd, env });
  const isSaved = () => existsSync(join(cwd, 'out')) && statSync(join(cwd, 'out')).size > 0;
  while (!isSaved()) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGINT');
  expect((await finished).code).toBe(130);
  expect(readFileSync(join(cwd, 'out'), 'utf8')).toContain('"image":"pics/img2.jpg"');
});

test('the end says which files were passed over or left out', async () => {
  const cwd = temporaryFolder({ 'a.png': 'small.png', 'b_thumb.PNG': 'small.jpg' });
  for (const folder of ['@eaDir', 'x/@eaDir', 'node_modules']) {
    mkdirSync(join(cwd, folder), { recursive: true });
    copyFileSync(join(cwd, 'a.png'), join(cwd, folder, 'thumb.png'));
  }
  const args = ['describe', '.', '-r', '--exclude', '*_thumb.*', '--offline'];
  const folders = 'folders passed over: 2 @eaDir, 1 node_modules (--include-all looks into them)\n';
  const { code, stdout, stderr } = await runInProcess(args, { cwd });
  expect({ code, lines: stdout.match(/\n/g)?.length }).toEqual({ code: 0, lines: 1 });
  expect(stdout).toMatch(/^\.\/a\.png\t/);
  expect(stderr).toContain(`1 described, 1 left out by --exclude\n${folders}`);
  const dry = await runInProcess([...args, '--dry-run'], { cwd });
  expect(dry.stderr).toContain(`1 counted, 1 left out by --exclude\n${folders}`);
  const all = await runInProcess([...args, '--include-all', '--exclude', 'x'], { cwd });
  expect(all.stdout.match(/thumb\.png/g)).toHaveLength(2);
  expect(all.stderr).not.toContain('passed over');
});

test('files that are passed over are counted by kind, and named with --debug', async () => {
  const cwd = temporaryFolder({ 'a.jpg': 'small.jpg' });
  writeFileSync(join(cwd, 'a.pdf'), '%PDF-1.7\n');
  for (const name of ['b.txt', 'c.txt', 'd.txt']) writeFileSync(join(cwd, name), 'A text.\n');
  writeFileSync(join(cwd, 'a.nef'), '');
  const { stderr } = await runInProcess(['describe', '.', '--offline'], { cwd });
  const raws = '1 raw file passed over beside a JPEG or HEIC (--raw takes them too)';
  expect(stderr).toContain(
    `1 described, 3 passed over that are no pictures (3 texts), 1 PDF document passed over: ./a.pdf (--pdf takes them too), ${raws}\n`,
  );
  const debug = await runInProcess(['describe', '.', '--offline', '--debug'], { cwd });
  expect(debug.stderr).toContain('./a.pdf is passed over: PDF document\n');
  expect(debug.stderr).toContain('./a.nef is passed over: a raw file beside its JPEG or HEIC\n');
  const raw = await runInProcess(['describe', '.', '--offline', '--raw'], { cwd });
  expect(raw.stderr).toContain('./a.nef: it is empty');
  expect(raw.code).toBe(3);
});

test('half a download of unknown length is not a picture', async () => {
  const half = fixtureBytes('harbor.jpg').subarray(0, 100_000);
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n');
      socket.end(half);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const url = `http://127.0.0.1:${port}/a.jpg`;
  const args = ['describe', url, '--offline', '--allow-private-hosts'];
  const { code, stdout, stderr } = await runInProcess(args, { cwd: temporaryFolder() });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(`${url}: it is cut off: the file ends before the picture does\n`);
});
