/** Correcting answers in the page of `review`, as a person does. */
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
import { temporaryFolder } from '../support/files.js';
import { okRecord } from '../support/ledgers.js';
import { startReview } from '../support/reviews.js';

const browser = useBrowser();

test('by keyboard alone: edit, save, next, reject, undo', async () => {
  const folder = twoPictures();
  const { page } = await openReview(browser, folder, '--as', 'Ada');
  await edit(page);
  expect(await page.locator('textarea:focus').inputValue()).toBe('A boat.');
  await page.keyboard.type('A red boat.');
  await page.keyboard.press('Control+Enter');
  await page.keyboard.press('j');
  await page.keyboard.press('r');
  await soon(() =>
    expect(recordsIn(folder).slice(2)).toMatchObject([
      { text: 'A red boat.', edited: true, by: 'Ada' },
      { image: 'b.jpg', reviewed: 'rejected' },
    ]),
  );
  await page.keyboard.press('z');
  await page.keyboard.press('z');
  await soon(() => expect(recordsIn(folder)).toHaveLength(6));
  expect(recordsIn(folder).at(-1)).toMatchObject({ text: 'A boat.', edited: false });
  await page.keyboard.press('?');
  await page.locator('dialog[aria-label=Keys]').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  await page.locator('.single').waitFor();
});

test('leaving the field saves, Escape does not, and rules are told while one types', async () => {
  const folder = twoPictures();
  const { page } = await openReview(browser, folder);
  await edit(page);
  await page.keyboard.type('x'.repeat(130));
  await page.getByText('125 are the most').waitFor();
  await page.keyboard.press('Escape');
  expect(await wordsIn(page)).toContain('A boat.');
  await edit(page);
  await page.keyboard.type('More.');
  await page.locator('#search').focus();
  await soon(() => expect(recordsIn(folder).at(-1)).toMatchObject({ text: 'More.' }));
  expect(recordsIn(folder)).toHaveLength(3);
});

test('no key is lost, or meant for something else, while a picture is still on its way', async () => {
  const folder = albumOf(...Array.from({ length: 300 }, (_, at) => alt(`${at}.png`, `Boat ${at}`)));
  const review = await startReview(folder, ['c.jsonl']);
  const page = await browser.newPage();
  let release: (() => void)[] = [];
  await page.route('**/api/rows*', async (route) => {
    await new Promise<void>((done) => release.push(done));
    await route.continue();
  });
  const come = async () => {
    await soon(() => expect(release).not.toEqual([]));
    for (const one of release) one();
    release = [];
  };
  await page.goto(review.url);
  await soon(() => expect(release).toHaveLength(1));
  // There is nothing yet that a key could be about.
  expect(await page.locator('[aria-current=true]').count()).toBe(0);
  await come();
  await page.locator('[aria-current=true]').waitFor();
  await edit(page);
  await page.keyboard.press('Escape');
  await page.keyboard.press('End');
  await page.keyboard.press('e');
  await page.keyboard.press('r');
  await come();
  await page.locator('textarea:focus').waitFor();
  expect(await page.locator('textarea:focus').inputValue()).toBe('Boat 299');
  expect(recordsIn(folder)).toHaveLength(300);
});

test('keys go where they belong at once after a dialog has closed or opened', async () => {
  const { page } = await openReview(browser, twoPictures());
  // All in one turn of the page, as fast as nobody types.
  const focused = await page.evaluate(`(async () => {
    const seen = [];
    for (const key of ['?', 'Escape', 's', 'Escape', '/', 'Escape', 'e']) {
      const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
      document.activeElement.dispatchEvent(event);
      await new Promise((done) => queueMicrotask(() => queueMicrotask(done)));
      const { activeElement } = document;
      seen.push([key, activeElement.closest('dialog')?.ariaLabel ?? activeElement.localName]);
    }
    return seen;
  })()`);
  expect(focused).toEqual([
    ['?', 'Keys'],
    ['Escape', 'li'],
    ['s', 'Find and replace'],
    ['Escape', 'li'],
    ['/', 'input'],
    ['Escape', 'li'],
    ['e', 'textarea'],
  ]);
});

test('tags are chips, fields keep to their schema, and what does not fit is not lost', async () => {
  const fields = { people: 2, place: 'harbor', isNight: false };
  const folder = albumOf(
    {
      ...okRecord('a.png', { request: 't', text: 'boat, sea' }),
      ...{ data: ['boat', 'sea'], asked: { style: 'tags', prompt: '' } },
    },
    { ...okRecord('a.png', { request: 'f', text: JSON.stringify(fields) }), data: fields },
  );
  const { page } = await openReview(
    browser,
    folder,
    '--fields',
    'people:integer,place:harbor|beach,isNight:boolean',
  );
  await page.keyboard.press('Enter');
  await edit(page);
  await page.keyboard.type('sail,');
  await page.getByRole('button', { name: 'Remove boat' }).click();
  // A tag that is typed and not yet set apart counts too.
  await page.keyboard.type('wind');
  await page.keyboard.press('Control+Enter');
  await soon(() =>
    expect(recordsIn(folder).at(-1)).toMatchObject({ data: ['sea', 'sail', 'wind'] }),
  );
  await edit(page);
  await page.keyboard.type('sun');
  await page.locator('#search').focus();
  await soon(() =>
    expect(recordsIn(folder).at(-1)).toMatchObject({ data: ['sea', 'sail', 'wind', 'sun'] }),
  );
  await page.keyboard.press('Escape');

  await edit(page, '2');
  await page.keyboard.type('many');
  await page.getByText('it is not a number').waitFor();
  await page.keyboard.press('Control+Enter');
  // One stays in it until it fits, or goes elsewhere and comes back.
  await page.locator('textarea:focus').waitFor();
  await page.locator('#search').focus();
  await page.getByRole('button', { name: 'Go on with them' }).click();
  await soon(async () => expect(await page.locator('textarea').inputValue()).toBe('many'));
  await page.locator('textarea').fill('1.5');
  await page.getByText('It breaks a rule').waitFor();
  await page.locator('textarea').fill('3');
  await page.keyboard.press('Control+Enter');
  await soon(() => expect(recordsIn(folder).at(-1)).toMatchObject({ data: { people: 3 } }));

  await page.keyboard.press('3');
  await page.locator('select:focus').selectOption('beach');
  await page.keyboard.press('Control+Enter');
  await page.keyboard.press('4');
  await page.locator('.editor input:focus').press('Space');
  await page.keyboard.press('Control+Enter');
  await soon(() =>
    expect(recordsIn(folder).at(-1)).toMatchObject({
      data: { people: 3, place: 'beach', isNight: true },
    }),
  );
});

test('find and replace, with a preview, and one undo for all', async () => {
  const folder = albumOf(alt('a.png', 'A boat.'), alt('b.jpg', 'Two boats and a boat.'));
  const { page } = await openReview(browser, folder);
  await page.keyboard.press('s');
  await page.getByLabel('Find', { exact: true }).fill('boat');
  await page.getByLabel('Put in its place').fill('ship');
  await page.locator('.preview ins').nth(1).getByText('Two boats and a ship.').waitFor();
  await page.getByRole('button', { name: 'Replace in 2 texts' }).click();
  const texts = () => recordsIn(folder).map(({ text }) => text);
  await soon(() => expect(texts().slice(2)).toEqual(['A ship.', 'Two boats and a ship.']));
  await page.keyboard.press('z');
  await soon(() => expect(texts()).toHaveLength(6));
  expect(texts().slice(4).sort()).toEqual(['A boat.', 'Two boats and a boat.']);
});

test('two pages: the later one holds, says so, and its undo brings the other words back', async () => {
  const folder = twoPictures();
  const { page: hers, review } = await openReview(browser, folder, '--as', 'Ada');
  const his = await startReview(folder, ['c.jsonl', '--as', 'Bob', '--port', '0']);
  const page = await browser.newPage();
  await page.goto(his.url);
  await page.locator('[aria-current=true]').waitFor();
  await edit(page);
  await edit(hers);
  await hers.keyboard.type('Hers.');
  await hers.keyboard.press('Control+Enter');
  await soon(() => expect(recordsIn(folder).at(-1)).toMatchObject({ text: 'Hers.', by: 'Ada' }));
  await page.keyboard.type('His.');
  await page.keyboard.press('Control+Enter');
  await page.getByText('This had been changed meanwhile, by Ada.').waitFor();
  await soon(async () => expect(await wordsIn(hers)).toContain('His.'));
  await page.keyboard.press('z');
  await soon(() => expect(recordsIn(folder).at(-1)).toMatchObject({ text: 'Hers.', edited: true }));
  // A second tab of the same browser has the same list of undo.
  const tab = await hers.context().newPage();
  await tab.goto(review.url);
  await tab.locator('[aria-current=true]').waitFor();
  await tab.keyboard.press('z');
  await soon(() => expect(recordsIn(folder).at(-1)).toMatchObject({ text: 'A boat.' }));
  await hers.keyboard.press('z');
  await hers.getByText('There is nothing to undo.').waitFor();
});

test('undo of a review puts back what was said of each answer', async () => {
  const folder = albumOf(
    alt('a.png', 'A boat.', { request: 'a', reviewed: 'accepted', at: '2026-01-01T00:00:00Z' }),
    {
      ...okRecord('a.png', { request: 'c', text: 'At sea.' }),
      ...{ asked: { style: 'caption', prompt: '' }, reviewed: 'rejected' },
    },
  );
  const { page, review } = await openReview(browser, folder);
  await page.keyboard.press('a');
  await soon(() => expect(recordsIn(folder)).toHaveLength(3));
  await page.keyboard.press('z');
  await soon(async () => {
    const [row] = await review.rows(0);
    expect(row?.answers.map(({ reviewed }) => reviewed)).toEqual(['accepted', 'rejected']);
  });
});

test('asks again by the emulator, after a price, and shows old and new', async () => {
  const { runInProcess } = await import('../support/in-process.js');
  const folder = temporaryFolder({ 'a.png': 'small.png' });
  const args = ['describe', 'a.png', '-s', 'alt', '--offline', '-o', join(folder, 'c.jsonl')];
  await runInProcess(args, { cwd: folder });
  const { page } = await openReview(browser, folder, '--offline');
  await page.keyboard.press('g');
  await page.getByPlaceholder('name the dog Bruno').fill('the boat is called MARTA');
  await page.getByRole('button', { name: 'What would it cost?' }).click();
  await page.getByRole('button', { name: /^Ask, for about/ }).click();
  await page.getByText('1 of 1 answered').waitFor();
  expect(recordsIn(folder)).toHaveLength(2);
});
