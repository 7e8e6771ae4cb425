/** The page of `review` in Chromium, as a person uses it. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { OkRecord } from '../../src/domain/record.js';
import { temporaryFolder } from '../support/files.js';
import { failedRecord, lineOf, okRecord } from '../support/ledgers.js';
import { startReview } from '../support/reviews.js';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
});
afterAll(() => browser.close());

const alt = (image: string, text: string, more: object = {}) => ({
  ...okRecord(image, { text, asked: { style: 'alt', lang: 'en', prompt: 'Write alt text' } }),
  ...more,
});

function album(...records: object[]): string {
  const folder = temporaryFolder({ 'a.png': 'small.png', 'b.jpg': 'turned.jpg' });
  writeFileSync(join(folder, 'c.jsonl'), records.map(lineOf).join(''));
  return folder;
}

function records(folder: string): OkRecord[] {
  const lines = readFileSync(join(folder, 'c.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

const soon = (check: () => Promise<void> | void) =>
  vi.waitFor(check, { timeout: 10_000, interval: 50 });

/** Opens the page; what goes wrong in it fails the test. */
async function open(folder: string, ...args: string[]) {
  const review = await startReview(folder, ['c.jsonl', ...args]);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  onTestFinished(async () => {
    await context.close();
    expect(errors).toEqual([]);
  });
  await page.goto(review.url);
  await page.locator('[aria-current=true]').waitFor();
  return { page, review };
}

/** Begins to edit; whoever types before the field is there, types into the page. */
async function edit(page: Page) {
  await page.keyboard.press('e');
  await page.locator('textarea:focus').waitFor();
}

const said = (page: Page) => page.locator('.card .words').allTextContents();

test('by keyboard alone: edit, save, next, reject, undo', async () => {
  const folder = album(alt('a.png', 'A boat.'), alt('b.jpg', 'A lighthouse.'));
  const { page } = await open(folder, '--as', 'Ada');
  await edit(page);
  expect(await page.locator('textarea:focus').inputValue()).toBe('A boat.');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('A red boat.');
  await page.keyboard.press('Control+Enter');
  await soon(() =>
    expect(records(folder).at(-1)).toMatchObject({ text: 'A red boat.', edited: true, by: 'Ada' }),
  );
  await page.keyboard.press('j');
  await page.keyboard.press('r');
  await soon(() =>
    expect(records(folder).at(-1)).toMatchObject({ image: 'b.jpg', reviewed: 'rejected' }),
  );
  await page.keyboard.press('z');
  await soon(() => expect(records(folder)).toHaveLength(5));
  await page.keyboard.press('z');
  await soon(() =>
    expect(records(folder).at(-1)).toMatchObject({ text: 'A boat.', edited: false }),
  );
  await page.keyboard.press('?');
  await page.locator('dialog[aria-label=Keys]').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  await page.locator('.single').waitFor();
});

test('leaving the field saves, Escape does not, and rules are told while one types', async () => {
  const folder = album(alt('a.png', 'A boat.'), alt('b.jpg', 'A lighthouse.'));
  const { page } = await open(folder);
  await edit(page);
  await page.keyboard.type(` ${'x'.repeat(130)}`);
  await page.getByText('125 are the most').waitFor();
  await page.keyboard.press('Escape');
  expect(await said(page)).toContain('A boat.');
  await edit(page);
  await page.keyboard.type(' More.');
  await page.locator('#search').focus();
  await soon(() => expect(records(folder).at(-1)).toMatchObject({ text: 'A boat. More.' }));
  expect(records(folder)).toHaveLength(3);
});

test('search and filters are in the address, and the page is where it was', async () => {
  const folder = album(
    alt('a.png', 'A boat.'),
    alt('b.jpg', 'A lighthouse.'),
    failedRecord('c.png'),
  );
  const { page, review } = await open(folder);
  await page.keyboard.press('/');
  await page.keyboard.type('light');
  await soon(async () => expect(await said(page)).toEqual(['A lighthouse.']));
  await soon(() => expect(new URL(page.url()).searchParams.get('q')).toBe('light'));
  await page.goto(review.url);
  await soon(async () => expect(await said(page)).toEqual(['A lighthouse.']));
  await page.goto(`http://127.0.0.1:${review.port}/?status=failed`);
  await page.getByText('the server is down').waitFor();
});

test('what a model says is text, whatever it looks like', async () => {
  const hostile =
    '<img src=x onerror="document.title=1"><script>document.title=2</script> \u202Etfel';
  const folder = album(alt('a.png', hostile), alt('b.jpg', 'word '.repeat(20_000)));
  const { page } = await open(folder);
  await soon(async () => expect((await said(page))[0]).toBe(hostile));
  expect(await page.title()).toContain('review');
  expect(await page.locator('.card script, .card img[src=x]').count()).toBe(0);
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.locator('.single .words').first().waitFor();
});

test('a server that is killed loses nothing, and a page that stayed open goes on', async () => {
  const folder = album(alt('a.png', 'A boat.'), alt('b.jpg', 'A lighthouse.'));
  const { page, review } = await open(folder);
  review.child.kill('SIGKILL');
  await review.finished;
  await edit(page);
  await page.keyboard.press('Control+A');
  await page.keyboard.type('Written without a server.');
  await page.keyboard.press('Control+Enter');
  await page.getByText('1 change waits').waitFor();
  expect(records(folder)).toHaveLength(2);
  const again = await startReview(folder, ['c.jsonl']);
  expect(again.port).toBe(review.port);
  await page.goto(again.url);
  await soon(() =>
    expect(records(folder).at(-1)).toMatchObject({
      text: 'Written without a server.',
      edited: true,
    }),
  );
});

test('shows what a ledger gains meanwhile', async () => {
  const folder = album(alt('a.png', 'A boat.'));
  const { page } = await open(folder);
  appendFileSync(join(folder, 'c.jsonl'), lineOf(alt('b.jpg', 'A lighthouse.')));
  await soon(async () => expect(await said(page)).toEqual(['A boat.', 'A lighthouse.']));
});

test('find and replace, with a preview, and one undo for all', async () => {
  const folder = album(alt('a.png', 'A boat.'), alt('b.jpg', 'Two boats and a boat.'));
  const { page } = await open(folder);
  await page.keyboard.press('s');
  await page.getByLabel('Find', { exact: true }).fill('boat');
  await page.getByLabel('Put in its place').fill('ship');
  await page.getByRole('button', { name: 'Replace in 2 texts' }).click();
  await soon(() =>
    expect(
      records(folder)
        .slice(2)
        .map(({ text }) => text),
    ).toEqual(['A ship.', 'Two boats and a ship.']),
  );
  await page.keyboard.press('z');
  await soon(() => expect(records(folder)).toHaveLength(6));
});

test('asks again by the emulator, after a price, and shows old and new', async () => {
  const { runInProcess } = await import('../support/in-process.js');
  const folder = temporaryFolder({ 'a.png': 'small.png' });
  await runInProcess(['describe', 'a.png', '-s', 'alt', '--offline', '-o', 'c.jsonl'], {
    cwd: folder,
  });
  const { page } = await open(folder, '--offline');
  await page.keyboard.press('g');
  await page.getByPlaceholder('name the dog Bruno').fill('the boat is called MARTA');
  await page.getByRole('button', { name: 'What would it cost?' }).click();
  await page.getByRole('button', { name: /^Ask, for about/ }).click();
  await page.getByText('1 of 1 answered').waitFor();
  expect(records(folder)).toHaveLength(2);
});

test.each(['light', 'dark'] as const)('axe finds nothing: %s', async (colorScheme) => {
  const box = { label: 'boat', normalized: [100, 200, 600, 700] };
  const verdict = { claim: 'there is a boat', verdict: 'fails', evidence: 'None.' };
  const folder = album(
    alt('a.png', 'A boat.', { reviewed: 'accepted', at: '2026-01-01T00:00:00Z' }),
    {
      ...okRecord('a.png', { request: 't', text: 'x, y' }),
      data: ['x', 'y'],
      asked: { style: 'tags', prompt: '' },
    },
    {
      ...okRecord('a.png', { request: 'd' }),
      data: { boxes: [box], verdicts: [verdict], people: 2 },
    },
    failedRecord('c.png'),
  );
  const { page } = await open(folder);
  await page.emulateMedia({ colorScheme });
  const check = async (view: string) => {
    // The policy of the page lets no script in but its own; the driver's own way does.
    const found = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ['violations'] })
      .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map((one) => one.target).join(' ')))`);
    expect(found, view).toEqual([]);
  };
  await check('grid');
  await page.getByRole('button', { name: 'Filter' }).click();
  await check('filters');
  await page.keyboard.press('Escape');
  await page.locator('[aria-current=true]').focus();
  await page.keyboard.press('Enter');
  await page.locator('.single h2').waitFor();
  await check('single');
  await page.keyboard.press('e');
  await check('editor');
  await page.keyboard.press('Escape');
  for (const key of ['?', 's', 'g']) {
    await page.keyboard.press(key);
    await page.locator('dialog').waitFor();
    await check(`dialog ${key}`);
    await page.keyboard.press('Escape');
  }
});
