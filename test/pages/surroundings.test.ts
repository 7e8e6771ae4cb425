/** Where pictures are found, and how a run over pages ends, as a user meets it. */
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { fixture, fixtureBytes, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { webServer } from '../support/web-server.js';
import { answersBy } from './answering.js';

/** A folder with pages, and a way to run `alt` there. */
async function siteOf(
  pages: Readonly<Record<string, string>>,
  answer: (prompt: string) => object = () => ({ decorative: false, alt: 'A boat' }),
) {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'img'));
  copyFileSync(fixture('small.png'), join(folder, 'img/a.png'));
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  for (const [name, text] of Object.entries(pages)) write(name, text);
  const { env, requests, prompts } = await answersBy(answer);
  const run = (args: readonly string[], more: Parameters<typeof runInProcess>[1] = {}) =>
    runInProcess(['alt', ...args], { cwd: folder, env, ...more });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { folder, write, read, run, requests, prompts };
}

test('<base> says where pictures are: in a folder, below the root, in the web', async () => {
  const web = await webServer({ '/up/a.png': { file: fixture('small.png') } });
  const { run, requests } = await siteOf({
    'a.html': '<base href="img/"><img src=a.png>',
    'b.html': '<base href="/img/"><p>B</p><img src=a.png>',
    'c.html': `<base href="${web.url}/up/x.html"><p>C</p><img src=a.png>`,
  });
  const { code, stdout, stderr } = await run(['.', '--root', '.']);
  expect(stdout.match(/^\+.*alt="A boat"/gm)).toHaveLength(2);
  expect(stderr).toContain(`${web.url}/up/a.png: its address is not public`);
  expect(code).toBe(3);
  expect(web.connections()).toBe(0);
  const all = await run(['.', '--root', '.', '--allow-private-hosts']);
  expect(all).toMatchObject({ code: 0 });
  expect(all.stdout.match(/^\+.*alt="A boat"/gm)).toHaveLength(3);
  expect(requests.length).toBe(3);
});

test('a picture is loaded once, and asked about at each place that differs', async () => {
  const web = await webServer({ '/a.png': { file: fixture('small.png') } });
  const image = `<img src="${web.url}/a.png">`;
  const { run, requests } = await siteOf({
    'a.html': `<h1>A</h1>${image}<h1>B</h1>${image}<h1>B</h1>${image}`,
    'b.html': `<h1>C</h1>${image}`,
  });
  const { stdout } = await run(['.', '--allow-private-hosts']);
  expect(stdout.match(/alt="A boat"/g)).toHaveLength(4);
  expect(requests.length).toBe(3);
  expect(web.requests.length).toBe(1);
});

test('at each of its places a picture is sent as it is, whatever is asked about between them', async () => {
  const places = Array.from({ length: 6 }, (_, at) =>
    ['png', 'jpg'].map((kind) => `<h1>${kind} ${at}</h1><img src="small.${kind}">`),
  );
  const { folder, run, requests } = await siteOf({ 'a.html': places.flat().join('\n') });
  for (const name of ['small.png', 'small.jpg']) copyFileSync(fixture(name), join(folder, name));
  expect((await run(['a.html', '-c', '1'])).code).toBe(0);
  expect(requests).toHaveLength(12);
  const sent = requests.map(({ body }) => {
    const [, kind] = /(png|jpg) \d/.exec(body) ?? [];
    return [kind, /"data":"([^"]+)"/.exec(body)?.[1]];
  });
  const whole = (kind: string) => [kind, fixtureBytes(`small.${kind}`).toString('base64')];
  expect(sent.sort()).toEqual(['jpg', 'png'].flatMap((kind) => Array(6).fill(whole(kind))));
});

test('a picture in the web that is none, or is not there, is an error of its image alone', async () => {
  const web = await webServer({
    '/a.png': { file: fixture('small.png') },
    '/page': { file: fileURLToPath(import.meta.url) },
    '/away': { redirect: '/a.png' },
  });
  const page = (path: string) => `<h1>${path}</h1><img src="${web.url}${path}">`;
  const { run } = await siteOf({
    'a.html': ['/a.png', '/page', '/gone.png', '/away'].map(page).join('\n'),
  });
  const { code, stdout, stderr } = await run(['a.html', '--allow-private-hosts']);
  expect(code).toBe(3);
  expect(stdout.match(/alt="A boat"/g)).toHaveLength(2);
  expect(stderr).toContain(`${web.url}/page`);
  expect(stderr).toContain('404');
});

test('--wiki finds a picture by its name in the vault, as wikis do', async () => {
  const { run, read, requests } = await siteOf({
    'notes/deep/n.md': '![[a.png]] ![[A.PNG|200]] ![[none.png]] ![[note]]\n',
  });
  const { code, stderr } = await run(['.', '--wiki', '--write']);
  expect(read('notes/deep/n.md')).toBe(
    '![[a.png|A boat]] ![[A.PNG|A boat|200]] ![[none.png]] ![[note]]\n',
  );
  expect(stderr).toContain('none.png is not there');
  expect(code).toBe(3);
  expect(requests.length).toBe(1);
  expect((await run(['.', '--check'])).code).toBe(0);
});

test('--lang, --limit, --max-cost and --redo', async () => {
  const { run, requests, prompts } = await siteOf({
    'a.html': '<html lang=de><h1>A</h1><img src=img/a.png><h1>B</h1><img src=img/a.png>',
  });
  expect((await run(['a.html', '--lang', 'fr', '--limit', '1'])).stdout).toMatch(/^\+/m);
  expect(requests.length).toBe(1);
  expect(prompts[0]).toContain('Answer in French (fr)');
  const dear = await run(['a.html', '--max-cost', '0.0000001']);
  expect(dear).toMatchObject({ code: 5, stdout: '' });
  expect(dear.stderr).toContain('--max-cost');
  expect(requests.length).toBe(1);
  await run(['a.html']);
  expect(requests.length).toBe(3);
  expect(prompts.at(-1)).toContain('Answer in German (de)');
  await run(['a.html']);
  expect(requests.length).toBe(3);
  await run(['a.html', '--redo']);
  expect(requests.length).toBe(5);
});

test('Ctrl-C ends with 130, and what was answered is not asked again', async () => {
  const pages = Object.fromEntries(
    [1, 2, 3, 4].map((n) => [`p${n}.html`, `<h1>${n}</h1><img src=img/a.png>`]),
  );
  let press = () => {};
  const interrupted = new Promise<void>((resolve) => {
    press = resolve;
  });
  const { run, read, requests } = await siteOf(pages, () => {
    press();
    return { decorative: false, alt: 'A boat' };
  });
  const ended = await run(['.', '--write', '-c', '1'], { interrupted });
  expect(ended.code).toBe(130);
  expect(ended.stderr).toContain('interrupted');
  const asked = requests.length;
  expect(asked).toBeLessThan(4);
  expect((await run(['.', '--write'])).code).toBe(0);
  expect(requests.length).toBe(4);
  for (const name of Object.keys(pages)) expect(read(name)).toContain('alt="A boat"');
});

test('a link to a page stays a link, and the rights of a page stay as they are', async () => {
  const { folder, run, read } = await siteOf({ 'real/a.html': '<img src=../img/a.png>' });
  mkdirSync(join(folder, 'linked'));
  symlinkSync('../real/a.html', join(folder, 'linked/a.html'));
  chmodSync(join(folder, 'real/a.html'), 0o444);
  writeFileSync(join(folder, 'real/b.html'), '<p>B</p><img src=../img/a.png>');
  expect((await run(['.', '--write'])).code).toBe(0);
  expect(read('real/a.html')).toBe('<img src=../img/a.png alt="A boat">');
  expect(lstatSync(join(folder, 'real/a.html')).mode & 0o777).toBe(0o444);
  expect(lstatSync(join(folder, 'linked/a.html')).isSymbolicLink()).toBe(true);
});

test('<Image> without alt is missing, and what an expression makes is left and counted', async () => {
  const { run, read } = await siteOf({
    'a.jsx':
      'export default (p) => <><Image src="img/a.png" /><Image src={p.x} /><img {...p} /></>;\n',
    'b.astro': '<Image src={x} alt="" /><Image src="img/a.png" />\n',
  });
  const { stderr } = await run(['.', '--write']);
  expect(stderr).toContain('3 made by expressions or templates, and left');
  expect(read('a.jsx')).toContain('<Image src="img/a.png" alt="A boat" />');
  expect(read('b.astro')).toBe('<Image src={x} alt="" /><Image src="img/a.png" alt="A boat" />\n');
});
