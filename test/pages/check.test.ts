import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';

async function site(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

const check = (cwd: string, ...args: string[]) =>
  runInProcess(['alt', ...args, '--check'], { cwd });

test('each image that lacks a text is a line, and the exit code is 1', async () => {
  const cwd = await site({
    'a.html': '<p>\n  <img src=a.png><img src=b.png alt="">',
    'docs/b.md': '# B\n\n![image](c.png) ![A boat](d.png)\n',
    'docs/c.txt': '<img src=a.png>',
  });
  const { stdout, stderr, code } = await check(cwd, '.');
  expect(stdout).toBe(
    './a.html:2:3: missing: <img> a.png has no alternative text\n' +
      './docs/b.md:3:1: placeholder: ![]() c.png has a placeholder for an alternative text: "image"\n',
  );
  expect(stderr).toBe('4 images in 2 pages, 2 found\n');
  expect(code).toBe(1);
});

test('nothing to find is 0; --only and --empty look at others', async () => {
  const cwd = await site({
    'a.html': '<img src=a.png alt=""><a href=x><img src=b.png alt=B>B</a>',
  });
  expect((await check(cwd, 'a.html')).code).toBe(0);
  expect((await check(cwd, 'a.html', '--empty')).stdout).toContain('marked as decorative');
  const { stdout, code } = await check(cwd, 'a.html', '--only', 'duplicate,present');
  expect(stdout).toBe('a.html:1:33: duplicate: <img> b.png repeats what stands beside it: "B"\n');
  expect(code).toBe(1);
});

test('.gitignore, --exclude, --ignore-file, hidden and foreign folders', async () => {
  const page = '<img src=a.png>';
  const cwd = await site({
    '.git/HEAD': '',
    '.gitignore': 'out/\n*.tmp.html\n!keep.tmp.html\n',
    'sub/.gitignore': '/local.html\n',
    ...{ 'a.html': page, 'out/b.html': page, 'c.tmp.html': page, 'keep.tmp.html': page },
    ...{ 'sub/local.html': page, 'sub/d.html': page, 'node_modules/e.html': page },
    ...{ '.f/g.html': page, 'drafts/h.html': page, 'listed/i.html': page },
    '.altignore': 'listed/\n',
  });
  const pages = async (...args: string[]) =>
    [...(await check(cwd, ...args)).stdout.matchAll(/^(\S+?):\d/gm)].map(([, name]) => name);
  const all = ['./a.html', './drafts/h.html', './keep.tmp.html', './listed/i.html', './sub/d.html'];
  expect(await pages('.')).toEqual(all);
  expect(await pages('.', '--exclude', 'drafts/', '--ignore-file', '.altignore')).toEqual([
    ...['./a.html', './keep.tmp.html', './sub/d.html'],
  ]);
  expect(await pages('sub')).toEqual(['sub/d.html']);
  expect(await pages('**/*.html')).toEqual(all.map((one) => one.slice(2)));
  expect((await pages('.', '--include-all')).length).toBe(10);
});

test('a page twice is one page, and links do not lead out of the folder', async () => {
  const cwd = await site({ 'in/a.html': '<img src=a.png>', 'out/b.html': '<img src=b.png>' });
  await symlink(join(cwd, 'out/b.html'), join(cwd, 'in/b.html'));
  await symlink(join(cwd, 'in/a.html'), join(cwd, 'in/c.html'));
  await symlink(join(cwd, 'in'), join(cwd, 'in/loop'));
  expect((await check(cwd, 'in', 'in/a.html')).stderr).toContain('1 image in 1 page');
});

test('what cannot be read is said, and is no success', async () => {
  const cwd = await site({
    'latin.html': Buffer.from('<img src=a.png alt="Caf\xe9">', 'latin1'),
    'broken.tsx': 'const a = <img',
    'good.html': '<img src=a.png alt="A boat">',
  });
  const { stderr, code } = await check(cwd, '.');
  expect(stderr).toContain('./latin.html: it is not UTF-8, and is left as it is');
  expect(stderr).toContain('./broken.tsx: it cannot be read: ');
  expect(code).toBe(3);
  expect((await check(cwd, 'latin.html')).code).toBe(2);
  expect((await check(cwd, 'none.html')).stderr).toContain('there is no such file');
  expect((await check(cwd, '*.vue')).stderr).toContain('no page matches');
});

test('reports for machines', async () => {
  const cwd = await site({ 'é a.html': '<img src=a.png>\r\n<img src="&#37;::error::x">' });
  const report = async (format: string) => (await check(cwd, '.', '-f', format)).stdout;
  expect(JSON.parse(await report('json'))).toMatchObject({
    pages: 1,
    images: 2,
    findings: [
      { file: './é a.html', line: 1, column: 1, endLine: 1, endColumn: 16, rule: 'missing' },
      { line: 2, image: '%::error::x' },
    ],
  });
  expect(await report('github')).toBe(
    '::error file=é a.html,line=1,endLine=1,col=1,endColumn=16,title=alt text%3A missing::<img> a.png has no alternative text\n' +
      '::error file=é a.html,line=2,endLine=2,col=1,endColumn=28,title=alt text%3A missing::<img> %25::error::x has no alternative text\n',
  );
  const { runs } = JSON.parse(await report('sarif'));
  expect(runs[0].results[1].locations[0].physicalLocation).toEqual({
    artifactLocation: { uri: '%C3%A9%20a.html' },
    region: { startLine: 2, startColumn: 1, endLine: 2, endColumn: 28 },
  });
  const junit = await report('junit');
  expect(junit).toContain('<testsuite name="./é a.html" tests="2" failures="2" errors="0"');
});
