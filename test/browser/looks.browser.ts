/** How the page of `review` looks: for people who do not see it, and on screens of all sizes. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { albumOf, alt, openReview, useBrowser, violations } from '../support/chromium.js';
import { failedRecord, okRecord } from '../support/ledgers.js';

const browser = useBrowser();

function manyKinds(): string {
  const box = { label: 'boat', normalized: [100, 200, 600, 700] };
  const verdict = { claim: 'there is a boat', verdict: 'fails', evidence: 'None.' };
  return albumOf(
    alt('a.png', 'A boat.', { reviewed: 'accepted', at: '2026-01-01T00:00:00Z' }),
    {
      ...okRecord('a.png', { request: 't', text: 'x, y' }),
      ...{ data: ['x', 'y'], asked: { style: 'tags', prompt: '' } },
    },
    {
      ...okRecord('a.png', { request: 'd' }),
      data: { boxes: [box], verdicts: [verdict], people: 2 },
    },
    failedRecord('c.png'),
    alt('d.png', 'w'.repeat(3000)),
  );
}

/** Goes through the views of the page, by mouse and keys, and checks each by its name. */
async function inEachView(page: Page, check: (view: string) => Promise<void>): Promise<void> {
  await check('grid');
  await page.getByRole('button', { name: 'Filter' }).click();
  await check('filters');
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
}

test.each(['light', 'dark'] as const)('axe finds nothing: %s', async (colorScheme) => {
  const { page } = await openReview(browser, manyKinds());
  await page.emulateMedia({ colorScheme });
  await inEachView(page, async (view) => expect(await violations(page), view).toEqual([]));
});

test.each([
  ['a phone', { width: 360, height: 640 }],
  ['200 % on a laptop', { width: 640, height: 400 }],
  ['4K', { width: 3840, height: 2160 }],
])('nothing sticks out sideways, and all can be hit, on %s', async (_, size) => {
  const { page } = await openReview(browser, manyKinds());
  await page.setViewportSize(size);
  await inEachView(page, async (view) => {
    const wrong = await page.evaluate(`(() => {
      const wrong = [];
      const wide = document.documentElement.scrollWidth;
      if (wide > innerWidth) wrong.push('the page is ' + wide + ' wide');
      for (const one of document.querySelectorAll('button, select, input, textarea')) {
        const { width, height } = one.getBoundingClientRect();
        const label = one.closest('label')?.getBoundingClientRect();
        const isLarge = (box) => box && box.width >= 24 && box.height >= 24;
        if (width > 0 && !isLarge({ width, height }) && !isLarge(label))
          wrong.push((one.ariaLabel ?? one.textContent) + ': ' + width + ' × ' + height);
      }
      return wrong;
    })()`);
    expect(wrong, view).toEqual([]);
  });
});
