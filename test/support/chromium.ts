/** The page of `review` in a real browser. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, vi } from 'vitest';
import type { OkRecord } from '../../src/domain/record.js';
import { temporaryFolder } from './files.js';
import { lineOf, okRecord } from './ledgers.js';
import { startReview } from './reviews.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A browser for the tests of a file. */
export function useBrowser(): { newPage(options?: BrowserContextOptions): Promise<Page> } {
  let browser: Browser;
  beforeAll(async () => {
    const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  afterAll(() => browser.close());
  return {
    /** In a profile of its own. What goes wrong in the page fails the test. */
    async newPage(options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        ...options,
      });
      const errors: string[] = [];
      context.on('weberror', (error) => errors.push(error.error().message));
      onTestFinished(async () => {
        await context.close();
        expect(errors).toEqual([]);
      });
      return context.newPage();
    },
  };
}

/** An answer in the style `alt`. */
export function alt(image: string, text: string, more: object = {}) {
  const asked = { style: 'alt', lang: 'en', prompt: 'Write alt text' };
  return { ...okRecord(image, { text, asked }), ...more };
}

/** A folder with two pictures, `a.png` and `b.jpg`, and a ledger, `c.jsonl`. */
export function albumOf(...all: object[]): string {
  const folder = temporaryFolder({ 'a.png': 'small.png', 'b.jpg': 'turned.jpg' });
  writeFileSync(join(folder, 'c.jsonl'), all.map(lineOf).join(''));
  return folder;
}

/** The same with an answer about each. */
export function twoPictures(): string {
  return albumOf(alt('a.png', 'A boat.'), alt('b.jpg', 'A lighthouse.'));
}

export function recordsIn(folder: string): OkRecord[] {
  const lines = readFileSync(join(folder, 'c.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

export function soon(check: () => Promise<void> | void) {
  return vi.waitFor(check, { timeout: 20_000, interval: 20 });
}

/** Starts a review of `c.jsonl` and opens it. */
export async function openReview(
  browser: ReturnType<typeof useBrowser>,
  folder: string,
  ...args: string[]
) {
  const review = await startReview(folder, ['c.jsonl', ...args]);
  const page = await browser.newPage();
  await page.goto(review.url);
  await page.locator('[aria-current=true], .single h2').waitFor();
  return { page, review };
}

/** Begins to edit, and takes out what is there. */
export async function edit(page: Page, key = 'e') {
  await page.keyboard.press(key);
  await page.locator('.editor :focus').waitFor();
  await page.keyboard.press('Control+A');
}

/** The first answers, as they are shown. */
export const wordsIn = (page: Page) => page.locator('.card .words').allTextContents();

/** What axe-core finds wrong. */
export async function violations(page: Page): Promise<unknown> {
  // The policy of the page lets no script in but its own; the driver's own way does.
  return page.evaluate(`${axe}; axe.run(document, { resultTypes: ['violations'] })
    .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map((one) => one.target).join(' ')))`);
}
