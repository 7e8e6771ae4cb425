/** Nothing of what people write is lost, and nothing of what models write does harm. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  albumOf,
  alt,
  edit,
  openReview,
  recordsIn,
  soon,
  twoPictures,
  useBrowser,
  wordsIn,
} from '../support/chromium.js';
import { lineOf, open } from '../support/ledgers.js';
import { startReview } from '../support/reviews.js';

const browser = useBrowser();

test('what a model says is text, whatever it looks like', async () => {
  const hostile =
    '<img src=x onerror="document.title=1"><script>document.title=2</script> \u202Etfel';
  const folder = albumOf(alt('a.png', hostile), alt('b.jpg', 'word '.repeat(20_000)));
  const { page } = await openReview(browser, folder);
  await soon(async () => expect((await wordsIn(page))[0]).toBe(hostile));
  expect(await page.title()).toContain('review');
  expect(await page.locator('.card script, .card img[src=x]').count()).toBe(0);
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.locator('.single .words').first().waitFor();
  await edit(page);
  await page.keyboard.type('Short.');
  await page.keyboard.press('Control+Enter');
  await soon(() => expect(recordsIn(folder).at(-1)).toMatchObject({ text: 'Short.' }));
});

test('a server that is killed loses nothing, and a page that stayed open goes on', async () => {
  const folder = twoPictures();
  const { page, review } = await openReview(browser, folder);
  await edit(page);
  await page.keyboard.type('Saved before.');
  await page.keyboard.press('Control+Enter');
  await soon(() => expect(recordsIn(folder)).toHaveLength(3));
  review.child.kill('SIGKILL');
  await review.finished;
  await page.keyboard.press('j');
  await edit(page);
  await page.keyboard.type('Written without a server.');
  await page.keyboard.press('Control+Enter');
  // Of the first one, the page may not have heard that it was saved.
  await page.getByText(/changes? waits? in this browser/).waitFor();
  // In the middle of the next word, the tab goes too.
  await page.keyboard.press('k');
  await edit(page);
  await page.keyboard.type('Not finis');
  const context = page.context();
  await page.close();
  expect(recordsIn(folder)).toHaveLength(3);
  const again = await startReview(folder, ['c.jsonl']);
  expect(again.port).toBe(review.port);
  const next = await context.newPage();
  await next.goto(again.url);
  await soon(() =>
    expect(recordsIn(folder).at(-1)).toMatchObject({
      ...{ image: 'b.jpg', text: 'Written without a server.', edited: true },
    }),
  );
  await next.getByRole('button', { name: 'Go on with them' }).click();
  await next.locator('textarea:focus').waitFor();
  expect(await next.locator('textarea').inputValue()).toBe('Not finis');
  await next.keyboard.type('hed.');
  await next.keyboard.press('Control+Enter');
  await soon(() => expect(recordsIn(folder).at(-1)).toMatchObject({ text: 'Not finished.' }));
  expect(recordsIn(folder)).toHaveLength(5);
});

test('what one tab could not send is not overwritten by another, nor sent to another ledger', async () => {
  const folder = twoPictures();
  const other = twoPictures();
  const { page, review } = await openReview(browser, folder);
  const tab = await page.context().newPage();
  await tab.goto(review.url);
  await tab.locator('[aria-current=true]').waitFor();
  review.child.kill('SIGKILL');
  await review.finished;
  for (const [one, key, words] of [
    [page, 'Home', 'First tab.'],
    [tab, 'End', 'Second tab.'],
  ] as const) {
    await one.keyboard.press(key);
    await edit(one);
    await one.keyboard.type(words);
    await one.keyboard.press('Control+Enter');
    await one.getByText('1 change waits').waitFor();
  }
  const { port } = review;
  const context = page.context();
  await page.close();
  await tab.close();
  const foreign = await startReview(other, ['c.jsonl', '--port', String(port)]);
  const next = await context.newPage();
  await next.goto(foreign.url);
  await next.locator('[aria-current=true]').waitFor();
  foreign.child.kill('SIGINT');
  await foreign.finished;
  expect(recordsIn(other)).toHaveLength(2);
  const again = await startReview(folder, ['c.jsonl', '--port', String(port)]);
  await next.goto(again.url);
  await soon(() =>
    expect(
      recordsIn(folder)
        .slice(2)
        .map(({ text }) => text),
    ).toEqual(['First tab.', 'Second tab.']),
  );
});

test('while a run writes the ledger, changes wait beside it, and come into it after', async () => {
  const folder = twoPictures();
  const path = join(folder, 'c.jsonl');
  const { page } = await openReview(browser, folder);
  const run = await open(path);
  await page.keyboard.press('a');
  await page.getByText('1 change waits beside the ledger').waitFor();
  await page.getByText('accepted', { exact: true }).waitFor();
  expect(readFileSync(`${path}.review`, 'utf8')).toContain('accepted');
  appendFileSync(path, lineOf(alt('c.png', 'By the run.')));
  await page.getByText('By the run.').waitFor();
  await run.close();
  await soon(() => expect(recordsIn(folder).at(-1)).toMatchObject({ reviewed: 'accepted' }));
  await soon(() => expect(existsSync(`${path}.review`)).toBe(false));
  await soon(async () => expect(await page.getByText('waits beside').count()).toBe(0));
});

test('what can be saved nowhere stays in the browser until it can', async () => {
  const folder = twoPictures();
  const path = join(folder, 'c.jsonl');
  const { page } = await openReview(browser, folder);
  renameSync(path, `${path}.away`);
  mkdirSync(`${path}.review`);
  await edit(page);
  await page.keyboard.type('Kept.');
  await page.keyboard.press('Control+Enter');
  await page.getByText('c.jsonl.review cannot be written: it is a folder').waitFor();
  rmdirSync(`${path}.review`);
  renameSync(`${path}.away`, path);
  await soon(() => expect(recordsIn(folder).at(-1)).toMatchObject({ text: 'Kept.' }));
  await soon(async () => expect(await page.getByText('cannot be saved now').count()).toBe(0));
});
