/** Finding answers in the page of `review`, and what it shows while the ledger grows. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { albumOf, alt, openReview, soon, useBrowser, wordsIn } from '../support/chromium.js';
import { failedRecord, lineOf, okRecord } from '../support/ledgers.js';

const browser = useBrowser();

test('search and filters are in the address, and the page is where it was', async () => {
  const folder = albumOf(
    alt('a.png', 'A boat.'),
    alt('b.jpg', 'A lighthouse.'),
    failedRecord('c.png'),
  );
  const { page, review } = await openReview(browser, folder);
  await page.keyboard.press('/');
  await page.keyboard.type('light');
  await soon(async () => expect(await wordsIn(page)).toEqual(['A lighthouse.']));
  await soon(() => expect(new URL(page.url()).searchParams.get('q')).toBe('light'));
  await page.goto(review.url);
  await soon(async () => expect(await wordsIn(page)).toEqual(['A lighthouse.']));
  // All that was typed is one step back.
  await page.locator('#search').fill('lightho');
  await soon(() => expect(new URL(page.url()).searchParams.get('q')).toBe('lightho'));
  await page.locator('#search').fill('lighthouse');
  await soon(() => expect(new URL(page.url()).searchParams.get('q')).toBe('lighthouse'));
  await page.goBack();
  await soon(() => expect(new URL(page.url()).searchParams.get('q')).toBe('light'));
  await page.goto(`http://127.0.0.1:${review.port}/?status=failed`);
  await page.getByText('the server is down').waitFor();
});

test('each filter finds its own, and the counts add up', async () => {
  const reviewed = { reviewed: 'accepted', at: '2026-01-01T00:00:00Z' };
  const folder = albumOf(
    alt('a.png', 'A boat.', { ...reviewed, costUsd: 0.5 }),
    alt('b.jpg', 'A lighthouse on a rock by the sea.', { edited: true }),
    alt('c.png', 'A Boat.', { reviewed: 'rejected', model: 'gemini-3.5-pro' }),
    alt('d.png', 'An old answer.'),
    alt('d.png', 'A new answer.', { durationMs: 7 }),
    {
      ...okRecord('e.png', { request: 't', text: 'dog, sea' }),
      ...{ data: ['dog', 'sea'], asked: { style: 'tags', prompt: '' } },
    },
    failedRecord('f.png'),
  );
  const { page } = await openReview(browser, folder);
  const counts = await page.locator('.counts').innerText();
  expect(counts.split('\n')).toEqual([
    '1 accepted',
    '1 rejected',
    '3 not reviewed',
    '1 failed',
    '1 edited',
  ]);
  await page.getByRole('button', { name: 'Filter' }).click();
  const names = async () =>
    (await page.locator('.card .name').allTextContents()).map((name) => name[0]).join('');
  const choose = async (label: string, value: string, found: string) => {
    const span = page.locator('span', { hasText: label });
    const field = page.locator('.filters label', { has: span }).locator('select, input');
    const isNumber = label.startsWith('Cost');
    await (isNumber ? field.fill(value) : field.selectOption({ value }));
    await field.press('Tab');
    await soon(async () => expect(await names(), `${label} ${value}`).toBe(found));
    await page.getByRole('button', { name: 'Clear' }).click();
    await soon(async () => expect(await names()).toBe('abcdef'));
  };
  await choose('Answer', 'tags', 'e');
  await choose('Status', 'failed', 'f');
  await choose('Kind of failure', 'service', 'f');
  await choose('Review', 'none', 'bde');
  await choose('Review', 'accepted', 'a');
  await choose('Review', 'rejected', 'c');
  await choose('Review', 'any', 'ac');
  await choose('Words', 'yes', 'b');
  await choose('Tag', 'sea', 'e');
  await choose('Model', 'gemini-3.5-pro', 'c');
  await choose('Cost over $', '0.4', 'a');
  await page.getByLabel('Limit of length').fill('20');
  await page.keyboard.press('Tab');
  await soon(async () => expect(await names()).toBe('b'));
  await page.getByRole('button', { name: 'Clear' }).click();
  const tick = async (label: RegExp, found: string) => {
    await page.getByLabel(label).check();
    await soon(async () => expect(await names()).toBe(found));
    await page.getByRole('button', { name: 'Clear' }).click();
    await soon(async () => expect(await names()).toBe('abcdef'));
  };
  await tick(/^differs from the last answer \(1\)/, 'd');
  await tick(/^says the same as another \(2\)/, 'ac');
  await page.goBack();
  await soon(async () => expect(await names()).toBe('ac'));
});

test('shows what a ledger gains meanwhile', async () => {
  const folder = albumOf(alt('a.png', 'A boat.'));
  const { page } = await openReview(browser, folder);
  appendFileSync(join(folder, 'c.jsonl'), lineOf(alt('b.jpg', 'A lighthouse.')));
  await soon(async () => expect(await wordsIn(page)).toEqual(['A boat.', 'A lighthouse.']));
});

test('an empty ledger, and a search that finds nothing, say so', async () => {
  const folder = albumOf();
  const { startReview } = await import('../support/reviews.js');
  const { url } = await startReview(folder, ['c.jsonl']);
  const page = await browser.newPage();
  await page.goto(url);
  await page.getByText('The ledger has no record yet.').waitFor();
  appendFileSync(join(folder, 'c.jsonl'), lineOf(alt('a.png', 'A boat.')));
  await soon(async () => expect(await wordsIn(page)).toEqual(['A boat.']));
  await page.locator('#search').fill('zeppelin');
  await page.getByText('Nothing is found.').waitFor();
  await page.getByRole('button', { name: 'Show all' }).click();
  await soon(async () => expect(await wordsIn(page)).toEqual(['A boat.']));
});

test('ten thousand pictures: only those in sight are in the page, and the last is a key away', async () => {
  const folder = albumOf(
    ...Array.from({ length: 10_000 }, (_, at) => alt(`${at}.png`, `Boat ${at}`)),
  );
  const { page } = await openReview(browser, folder);
  const cards = async (of: Page) => of.locator('.card').count();
  expect(await cards(page)).toBeLessThan(60);
  await page.keyboard.press('End');
  await page.getByText('Boat 9999', { exact: true }).waitFor();
  await soon(async () => expect(await page.locator('.card:focus').innerText()).toContain('9999'));
  expect(await cards(page)).toBeLessThan(60);
});
