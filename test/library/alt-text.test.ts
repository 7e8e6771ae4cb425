/** `altText`: the pages of the command `alt`, for programs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { altText, createGeminiImage } from '../../src/index.js';
import { answersBy } from '../pages/answering.js';
import { temporaryFolder } from '../support/files.js';

const PAGE = '<h1>Boats</h1><img src=a.png><p>One</p><img src=a.png alt="">\n<img src=gone.png>';

function site(): string {
  const folder = temporaryFolder({ 'a.png': 'small.png' });
  writeFileSync(join(folder, 'a.html'), PAGE);
  writeFileSync(join(folder, 'b.md'), '![](a.png)\n');
  return folder;
}

async function client(answer: (prompt: string) => object) {
  const { env, requests } = await answersBy(answer);
  const gemini = createGeminiImage({
    apiKey: env.GEMINI_API_KEY,
    baseUrl: env.GOOGLE_GEMINI_BASE_URL,
    retries: 0,
  });
  return { gemini, requests };
}

test('one object an image, with its answer or error, and a diff a page; nothing is written', async () => {
  const folder = site();
  const { gemini } = await client((prompt) => ({
    decorative: !prompt.includes('Boats'),
    alt: 'A boat',
  }));
  const { images, pages, unread } = await gemini.altText([folder, join(folder, 'none.html')]);
  const [first, gone, inMarkdown] = images;
  expect(images).toHaveLength(3);
  expect(first).toMatchObject({
    ...{ page: join(folder, 'a.html'), line: 1, column: 15, form: '<img>', image: 'a.png' },
    ...{ status: 'missing', alt: 'A boat', decorative: false },
    record: { status: 'ok', known: { page: { headings: ['Boats'] } } },
  });
  expect(first).not.toHaveProperty('before');
  expect(gone).toMatchObject({
    line: 2,
    error: { kind: 'input', message: 'gone.png is not there' },
  });
  expect(inMarkdown).toMatchObject({ before: '', alt: '', decorative: true });
  expect(pages.map(({ changed, left, written }) => [changed, left, written])).toEqual([
    [1, 0, false],
  ]);
  expect(pages[0]?.diff).toContain('+<h1>Boats</h1><img src=a.png alt="A boat"><p>One</p>');
  expect(unread).toMatchObject([{ page: join(folder, 'none.html'), error: { kind: 'input' } }]);
  expect(readFileSync(join(folder, 'a.html'), 'utf8')).toBe(PAGE);
});

test('write changes the pages; with a ledger or a cache nothing is asked twice', async () => {
  const folder = site();
  const { gemini, requests } = await client(() => ({ decorative: false, alt: 'A boat' }));
  const kept = { ledger: join(folder, 'alt.jsonl'), cache: join(folder, 'cache') };
  await gemini.altText(folder, { ledger: kept.ledger });
  expect(requests.length).toBe(2);
  const { pages, images } = await gemini.altText(folder, { ledger: kept.ledger, write: true });
  expect(requests.length).toBe(2);
  expect(pages.map(({ written }) => written)).toEqual([true, true]);
  expect(images[0]?.record).toMatchObject({ costUsd: 0 });
  expect(readFileSync(join(folder, 'a.html'), 'utf8')).toBe(
    PAGE.replace('<img src=a.png>', '<img src=a.png alt="A boat">'),
  );
  expect((await gemini.altText(folder)).images).toHaveLength(1);
});

test('check needs no key, and knows what was found to be decorative', async () => {
  const folder = site();
  const { gemini } = await client(() => ({ decorative: true, alt: '' }));
  const options = { check: true, cache: join(folder, 'cache') } as const;
  const names = async () =>
    (await altText(folder, options)).images.map(({ page, status }) => [page, status]);
  expect(await names()).toEqual([
    [join(folder, 'a.html'), 'missing'],
    [join(folder, 'a.html'), 'missing'],
    [join(folder, 'b.md'), 'missing'],
  ]);
  await gemini.altText(join(folder, 'b.md'), { cache: options.cache });
  expect(await names()).toHaveLength(2);
});

test('audit judges the texts that are there', async () => {
  const folder = site();
  const { gemini } = await client(() => ({
    verdicts: [{ claim: 1, evidence: 'It is a boat.', verdict: 'fails' }],
    decorative: false,
    alt: 'A boat',
  }));
  const { images, pages } = await gemini.altText(join(folder, 'a.html'), { audit: true });
  expect(images.map(({ status, verdicts, alt }) => [status, verdicts?.[0]?.verdict, alt])).toEqual([
    ['missing', undefined, undefined],
    ['empty', 'fails', 'A boat'],
    ['missing', undefined, undefined],
  ]);
  expect(pages[0]?.diff).toContain(
    '+<h1>Boats</h1><img src=a.png><p>One</p><img src=a.png alt="A boat">',
  );
});

test('what is wrong with the options is said in their words, before anything is asked', async () => {
  const { gemini, requests } = await client(() => ({}));
  const wrong = async (options: object) =>
    gemini.altText('a.html', options).catch((error: Error) => error.message);
  expect(await wrong({ wrte: true })).toBe('unknown option wrte: did you mean write?');
  expect(await wrong({ only: ['none'] })).toContain(
    'only must be a list of some of missing, empty',
  );
  expect(await wrong({ inOrder: true })).toBe('inOrder is no option of altText');
  expect(await wrong({ ignoreFile: 'none' })).toContain('ignoreFile none cannot be read');
  await expect(altText('a.html', { apiKey: '' })).rejects.toMatchObject({ kind: 'auth' });
  const nothing: unknown = [];
  await expect(gemini.altText(nothing as string)).rejects.toThrow('altText takes a file');
  expect(requests.length).toBe(0);
});

test('an end before all is done is an error, and what was answered is written', async () => {
  const folder = site();
  const stop = new AbortController();
  const { gemini, requests } = await client(() => {
    setImmediate(() => stop.abort());
    return { decorative: false, alt: 'A boat' };
  });
  const cache = join(folder, 'cache');
  const options = { cache, concurrency: 1, signal: stop.signal };
  await expect(gemini.altText(folder, options)).rejects.toMatchObject({ kind: 'interrupted' });
  await gemini.altText(folder, { cache, write: true });
  expect(requests.length).toBeLessThanOrEqual(3);
  expect(readFileSync(join(folder, 'a.html'), 'utf8')).toContain('alt="A boat"');
});
