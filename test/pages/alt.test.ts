import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { hasProgram } from '../support/programs.js';
import { answersBy } from './answering.js';
import { ALT, makeSite } from './site.js';

const FLAGS = ['--wiki', '--front-matter'];

const contents = (folder: string, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

test('--write changes alternative texts and no other byte; again, it changes and asks nothing', async () => {
  const { folder, before, after } = makeSite();
  const server = await answersBy(() => ({ decorative: false, alt: ALT }));
  const run = (...args: string[]) =>
    runInProcess(['alt', '.', ...FLAGS, ...args], { cwd: folder, env: server.env });
  const checked = await run('--check');
  const lines = checked.stdout.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThanOrEqual(40);
  const diff = await run();
  expect(diff.stderr).not.toContain('left, whose text');
  const asked = server.requests.length;
  expect(asked).toBeGreaterThan(25);
  expect(contents(folder, Object.keys(before))).toEqual(before);
  const written = await run('--write');
  expect(contents(folder, Object.keys(after))).toEqual(after);
  expect(written.code).toBe(0);
  expect(server.requests.length).toBe(asked);
  const again = await run('--write');
  expect(again).toMatchObject({ code: 0, stdout: '' });
  expect(again.stderr).toContain('0 texts written into 0 pages');
  expect(server.requests.length).toBe(asked);
  expect(contents(folder, Object.keys(after))).toEqual(after);
  expect((await run('--check')).code).toBe(0);
});

test.skipIf(!hasProgram('git'))('git apply takes the diff, and comes to the same', async () => {
  const { folder, after } = makeSite();
  const server = await answersBy(() => ({ decorative: false, alt: ALT }));
  const { stdout } = await runInProcess(['alt', '.', ...FLAGS], { cwd: folder, env: server.env });
  writeFileSync(join(folder, 'alt.patch'), stdout);
  execFileSync('git', ['apply', '--whitespace=nowarn', 'alt.patch'], { cwd: folder });
  expect(contents(folder, Object.keys(after))).toEqual(after);
});

test('the question tells the place, and a picture at equal places is asked about once', async () => {
  const folder = temporaryFolder({ 'a.png': 'small.png', 'b.png': 'small.png' });
  writeFileSync(
    join(folder, 'a.html'),
    '<html lang=de><title>Hafen</title><h1>Boote</h1><p>Davor.</p><a href=/marta><img src=a.png></a>' +
      '<p>Danach.</p><h2>X</h2><img src=b.png><h2>X</h2><img src=b.png>',
  );
  const server = await answersBy(() => ({ decorative: false, alt: 'Ein Boot' }));
  const ran = await runInProcess(['alt', 'a.html', '-o', 'alt.jsonl', '--write'], {
    cwd: folder,
    env: server.env,
  });
  expect(ran.code).toBe(0);
  expect(server.requests.length).toBe(2);
  const [first] = server.prompts.filter((prompt) => prompt.includes('/marta'));
  for (const words of [
    ...['title: Hafen', 'headings: Boote', 'text before it: Davor.', 'text after it: Danach.'],
    ...['the link around it leads to: /marta', 'Answer in German (de)', 'is not decorative'],
  ]) {
    expect(first).toContain(words);
  }
  expect(readFileSync(join(folder, 'a.html'), 'utf8').match(/alt="Ein Boot"/g)).toHaveLength(3);
  const records = readFileSync(join(folder, 'alt.jsonl'), 'utf8').trim().split('\n');
  expect(records.map((one) => JSON.parse(one).known.page.at.length).sort()).toEqual([1, 2]);
  expect(JSON.parse(records[0] ?? '')).toMatchObject({
    data: { decorative: false, alt: 'Ein Boot' },
    text: 'Ein Boot',
  });
});

test('decorative: alt="" in HTML; in Markdown it stays, and is remembered', async () => {
  const folder = temporaryFolder({ 'a.png': 'small.png' });
  writeFileSync(join(folder, 'a.html'), '<p>One</p><img src=a.png>');
  writeFileSync(join(folder, 'b.md'), '![](a.png)\n\n![photo](a.png)\n');
  const server = await answersBy(() => ({ decorative: true, alt: 'not used' }));
  const run = (...args: string[]) =>
    runInProcess(['alt', '.', ...args], { cwd: folder, env: server.env });
  expect((await run('--write')).code).toBe(0);
  expect(readFileSync(join(folder, 'a.html'), 'utf8')).toBe('<p>One</p><img src=a.png alt="">');
  expect(readFileSync(join(folder, 'b.md'), 'utf8')).toBe('![](a.png)\n\n![](a.png)\n');
  const asked = server.requests.length;
  await run('--write');
  expect(server.requests.length).toBe(asked);
  expect(await run('--check')).toMatchObject({ code: 0, stdout: '' });
  expect((await run('--check', '--no-cache')).code).toBe(1);
});

test('a link that is all image is not decorative: the model is told so once more', async () => {
  const folder = temporaryFolder({ 'a.png': 'small.png' });
  writeFileSync(join(folder, 'a.html'), '<a href=/x><img src=a.png></a>');
  const server = await answersBy((prompt) =>
    prompt.includes('An earlier answer')
      ? { decorative: false, alt: 'Home' }
      : { decorative: true, alt: '' },
  );
  await runInProcess(['alt', 'a.html', '--write'], { cwd: folder, env: server.env });
  expect(readFileSync(join(folder, 'a.html'), 'utf8')).toContain('alt="Home"');
  expect(server.prompts[1]).toContain('cannot be decorative');
});

test('only pictures of the folder or its repository are read, through links too', async () => {
  const outside = temporaryFolder({ 'secret.png': 'small.png' });
  const folder = temporaryFolder({ 'a.png': 'small.png' });
  symlinkSync(join(outside, 'secret.png'), join(folder, 'link.png'));
  const page = `<img src="${join('..', '..', outside, 'secret.png')}"><img src=link.png><img src="file:///etc/passwd"><img src=gone.png>`;
  writeFileSync(join(folder, 'a.html'), page);
  const server = await answersBy(() => ({ decorative: false, alt: 'A boat' }));
  const run = (...args: string[]) =>
    runInProcess(['alt', 'a.html', ...args], { cwd: folder, env: server.env });
  const refused = await run();
  expect(refused.stderr.match(/lies outside/g)).toHaveLength(2);
  expect(refused.stderr).toContain('gone.png is not there');
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(server.requests.length).toBe(0);
  expect((await run('--allow-outside')).stdout).toContain('alt="A boat"');
});

test('--root and --baseurl say what a slash means; public/ is known', async () => {
  const { folder } = makeSite();
  writeFileSync(join(folder, 'docs/r.html'), '<img src="/blog/pic/a.png">');
  const server = await answersBy(() => ({ decorative: false, alt: 'A boat' }));
  const run = (...args: string[]) =>
    runInProcess(['alt', 'docs/r.html', ...args], { cwd: folder, env: server.env });
  expect((await run()).stderr).toContain('Name the folder that / means with --root.');
  writeFileSync(join(folder, 'docs/r.html'), '<img src="/blog/img/a.png">');
  const found = await run('--root', '.', '--baseurl', '/blog/');
  expect(found.stdout).toContain('alt="A boat"');
});

test('a page that has changed meanwhile, and one that cannot be written, stay as they are', async () => {
  const folder = temporaryFolder({ 'a.png': 'small.png' });
  writeFileSync(join(folder, 'a.html'), '<img src=a.png>');
  writeFileSync(join(folder, 'b.html'), '<p>B</p><img src=a.png>');
  chmodSync(join(folder, 'b.html'), 0o640);
  const server = await answersBy(() => {
    writeFileSync(join(folder, 'a.html'), '<p>New</p><img src=a.png>');
    return { decorative: false, alt: 'A boat' };
  });
  const ran = await runInProcess(['alt', '.', '--write'], { cwd: folder, env: server.env });
  expect(ran.code).toBe(3);
  expect(ran.stderr).toContain('a.html: it has changed since it was read');
  expect(readFileSync(join(folder, 'a.html'), 'utf8')).toBe('<p>New</p><img src=a.png>');
  expect(readFileSync(join(folder, 'b.html'), 'utf8')).toContain('alt="A boat"');
  expect(statSync(join(folder, 'b.html')).mode & 0o777).toBe(0o640);
});

test('--audit: 0 if all hold, 1 with a fix if one fails, 7 if one is unclear', async () => {
  const folder = temporaryFolder({ 'a.png': 'small.png' });
  const page = '<p>B</p><img src=a.png alt="A cat"><h2>D</h2><img src=a.png alt="">';
  writeFileSync(join(folder, 'a.html'), page);
  const audit = async (verdict: string) => {
    const server = await answersBy((prompt) => ({
      verdicts: [...prompt.matchAll(/<claim id="(\d)">/g)].map(([, claim]) => ({
        claim: Number(claim),
        evidence: 'It is a boat.',
        verdict: claim === '1' ? verdict : 'holds',
      })),
      decorative: false,
      alt: 'A red boat',
    }));
    return runInProcess(['alt', 'a.html', '--audit', '--no-cache'], {
      cwd: folder,
      env: server.env,
    });
  };
  expect(await audit('holds')).toMatchObject({ code: 0, stdout: '' });
  const failing = await audit('fails');
  expect(failing.code).toBe(1);
  expect(failing.stdout).toContain(
    'a.html:1:9: fails: <img> a.png "A cat": It is a boat. → "A red boat"\n',
  );
  expect(failing.stdout).toContain(
    '+<p>B</p><img src=a.png alt="A red boat"><h2>D</h2><img src=a.png alt="A red boat">\n',
  );
  const unclear = await audit('unclear');
  expect(unclear.code).toBe(7);
  expect(unclear.stdout).not.toContain('diff --git');
});

test('without a key nothing is asked; --offline answers the schema; --dry-run has a price', async () => {
  const { folder, before } = makeSite();
  const run = (...args: string[]) => runInProcess(['alt', '.', ...args], { cwd: folder });
  expect((await run()).code).toBe(4);
  const offline = await run('--offline', '--limit', '3');
  expect(offline.code).toBe(0);
  expect(offline.stdout.match(/^\+.*offline/gm)?.length).toBeGreaterThanOrEqual(2);
  const dry = await run('--dry-run');
  expect(dry.stdout).toMatch(/pictures|images/);
  expect(dry.stdout).toContain('$');
  expect(contents(folder, Object.keys(before))).toEqual(before);
});

test.each([
  [['--check', '--write'], '--check and --write exclude each other'],
  [['--check', '--audit'], '--check and --audit exclude each other'],
  [['-f', 'json'], '--format is for the lists'],
  [['-o', 'alt.patch'], 'is no results file by its name'],
])('flags that do not go together: %j', async (args, message) => {
  const ran = await runInProcess(['alt', '.', ...args]);
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain(message);
});

test('a results file asks nothing twice, without the cache too', async () => {
  const folder = temporaryFolder({ 'a.png': 'small.png' });
  writeFileSync(join(folder, 'a.md'), '![](a.png)\n');
  const server = await answersBy(() => ({ decorative: true, alt: '' }));
  const run = (...args: string[]) =>
    runInProcess(['alt', 'a.md', '-o', 'alt.jsonl', '--no-cache', ...args], {
      cwd: folder,
      env: server.env,
    });
  await run();
  await run('--write');
  expect(server.requests.length).toBe(1);
  expect(existsSync(join(folder, '.cache'))).toBe(false);
  expect((await run('--check')).code).toBe(0);
});
