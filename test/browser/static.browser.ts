/** What `review --static` writes, in Chromium, opened from the disk. */
import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { albumOf, alt, soon, useBrowser, violations, wordsIn } from '../support/chromium.js';
import { fixture, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { failedRecord, okRecord } from '../support/ledgers.js';

const browser = useBrowser();

/** Exports a ledger of these records. */
async function exported(records: readonly object[], ...args: string[]): Promise<string> {
  const folder = albumOf(...records);
  copyFileSync(fixture('small.heic'), join(folder, 'c.heic'));
  await runInProcess(['review', 'c.jsonl', '--static', 'out', ...args], { cwd: folder });
  return folder;
}

/** Opens the page from the disk; a test fails if it asks anything else, or may not do what it tries. */
async function open(folder: string, hash = '') {
  const page = await browser.newPage();
  const troubles: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') troubles.push(message.text());
  });
  page.on('request', (request) => {
    if (!/^(?:file|data):/.test(request.url())) troubles.push(request.url());
  });
  onTestFinished(() => expect(troubles).toEqual([]));
  const address = pathToFileURL(join(folder, 'out', 'index.html')).href;
  await page.goto(address + hash);
  await page.locator('header h1').waitFor();
  return { page, address };
}

/** How wide a picture is in its own pixels; 0 while it is not there. */
const widthOf = (page: Page, selector: string): Promise<number> =>
  page.evaluate(`document.querySelector(${JSON.stringify(selector)})?.naturalWidth ?? 0`);

test('search, filters, orders and counts; the address keeps the view', async () => {
  const folder = await exported([
    alt('a.png', 'A boat.'),
    alt('b.jpg', 'A white lighthouse on a hill.', {
      reviewed: 'accepted',
      at: '2026-01-01T00:00:00Z',
    }),
    failedRecord('c.heic'),
  ]);
  const { page, address } = await open(folder);
  await page.getByText('1 accepted').waitFor();
  await page.getByText('1 not reviewed').waitFor();
  expect(await wordsIn(page)).toEqual(['A boat.', 'A white lighthouse on a hill.']);
  await page.keyboard.press('/');
  await page.keyboard.type('HILL white');
  await soon(async () => expect(await wordsIn(page)).toEqual(['A white lighthouse on a hill.']));
  await soon(() => expect(page.url()).toBe(`${address}#q=HILL+white`));
  await page.reload();
  await soon(async () => expect(await wordsIn(page)).toEqual(['A white lighthouse on a hill.']));
  await page.goBack();
  await soon(async () => expect(await wordsIn(page)).toHaveLength(2));

  await page.getByLabel('Order').selectOption('words');
  await page.getByLabel('From the end').click();
  await soon(async () => expect((await wordsIn(page))[0]).toBe('A white lighthouse on a hill.'));
  const other = await open(folder, '#status=failed');
  await other.page.getByText('the server is down').waitFor();
  const single = await open(folder, '#at=1&show=one');
  await single.page.getByRole('heading', { name: 'b.jpg' }).waitFor();
  await soon(async () => expect(await widthOf(single.page, '.stage img')).toBe(64));
});

test('there is no button, field or key for what cannot be done', async () => {
  const folder = await exported([alt('a.png', 'A boat.'), alt('a.png', 'A ship.')]);
  const { page } = await open(folder);
  const buttons = () =>
    page
      .getByRole('button')
      .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? one.textContent));
  expect(await buttons()).toEqual(['Filter', 'Keys', 'a.png']);
  expect(await page.getByRole('checkbox').count()).toBe(0);
  await page.locator('[aria-current=true]').focus();
  await page.keyboard.press('Enter');
  await page.locator('.single h2').waitFor();
  expect(await buttons()).toEqual([
    ...['Filter', 'Keys', 'Grid', 'Previous picture', 'Next picture'],
  ]);
  await page.getByText('The answer before').click();
  await page.getByText('A boat.').waitFor();
  const before = await page.locator('#page').innerHTML();
  for (const key of ['e', 'a', 'r', 'x', 'z', 'u', 's', 'g', '1', '2', 'Control+z']) {
    await page.keyboard.press(key);
  }
  expect(await page.locator('textarea, dialog').count()).toBe(0);
  expect(await page.locator('#page').innerHTML()).toBe(before);
  await page.keyboard.press('?');
  const keys = await page.locator('dialog kbd').allTextContents();
  expect(keys).toEqual(['j', '↓', '→', 'k', '↑', '←', 'Enter', 'b', '/', 'Home', 'End', '?']);
});

test('what a model says is text, whatever it looks like', async () => {
  const hostile =
    '</script><script>document.title=1</script><img src=x onerror="document.title=2"> \u2028\u202Etfel';
  const folder = await exported([alt('a.png', hostile), alt('b.jpg', 'word '.repeat(20_000))]);
  const { page } = await open(folder);
  await soon(async () => expect((await wordsIn(page))[0]).toBe(hostile));
  expect(await page.title()).toBe('c.jsonl – review');
});

test('shows large what the browser knows, small what it does not, and says what is missing', async () => {
  const records = [alt('a.png', 'A'), alt('c.heic', 'B'), alt('gone.png', 'C')];
  const folder = await exported(records);
  const { page } = await open(folder, '#show=one');
  const source = () => page.locator('.stage img').getAttribute('src');
  await soon(async () => expect(await source()).toBe('../a.png'));
  await page.keyboard.press('j');
  await soon(async () => expect(await source()).toBe('thumbnails/0/1.jpg'));
  await soon(async () => expect(await widthOf(page, '.stage img')).toBe(96));
  await page.keyboard.press('j');
  await page.getByText('the file is missing or broken').waitFor();

  // With copies, the folder may go anywhere.
  const other = await exported(records, '--copy');
  const moved = temporaryFolder();
  renameSync(join(other, 'out'), join(moved, 'out'));
  const copied = await open(moved, '#at=1&show=one');
  const image = '.stage img[src="pictures/0/1-c.jpg"]';
  await soon(async () => expect(await widthOf(copied.page, image)).toBe(96));
});

test('10,000 pictures can be searched and scrolled', async () => {
  const records = Array.from({ length: 10_000 }, (_, number) =>
    alt(`${number}.png`, `A boat, number ${number}.`),
  );
  const { page } = await open(await exported(records));
  await page.getByText('10,000 not reviewed').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('7777');
  await soon(async () => expect(await wordsIn(page)).toEqual(['A boat, number 7777.']));
  await page.locator('#search').fill('');
  await page.keyboard.press('Enter');
  await page.getByText('10,000 pictures').waitFor();
  await page.keyboard.press('End');
  await soon(async () => expect((await wordsIn(page)).at(-1)).toBe('A boat, number 9999.'));
});

test.each(['light', 'dark'] as const)('axe finds nothing: %s', async (colorScheme) => {
  const box = { label: 'boat', normalized: [100, 200, 600, 700] };
  const verdict = { claim: 'there is a boat', verdict: 'fails', evidence: 'None.' };
  const folder = await exported([
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
    failedRecord('gone.png'),
  ]);
  const { page } = await open(folder);
  await page.emulateMedia({ colorScheme });
  const check = async (view: string) => expect(await violations(page), view).toEqual([]);
  await check('grid');
  await page.getByRole('button', { name: 'Filter' }).click();
  await check('filters');
  await page.locator('[aria-current=true]').focus();
  await page.keyboard.press('Enter');
  await page.locator('.single h2').waitFor();
  await page.locator('.box', { hasText: 'boat' }).first().waitFor();
  await check('single');
  await page.keyboard.press('b');
  expect(await page.locator('.box').count()).toBe(0);
  await page.keyboard.press('?');
  await page.locator('dialog').waitFor();
  await check('keys');
});
