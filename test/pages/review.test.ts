/** What `review` shows of pictures in pages, and what becomes of what a person changes there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { startReview } from '../support/reviews.js';
import { answersBy } from './answering.js';

const PAGE =
  '<html lang=de><title>Hafen</title><h1>Boote</h1><p>Davor.</p><a href=/marta><img src=a.png></a>' +
  '<h2>Rote</h2><figure><img src=a.png><figcaption>Die MARTA</figcaption></figure>';

test('each place of a picture is a row with its context, and its changed text is written', async () => {
  const folder = temporaryFolder({ 'a.png': 'small.png' });
  writeFileSync(join(folder, 'a.html'), PAGE);
  const server = await answersBy((prompt) => ({
    decorative: false,
    alt: prompt.includes('/marta') ? 'Zur MARTA' : 'Ein Boot',
  }));
  const run = (...args: string[]) =>
    runInProcess(['alt', 'a.html', '-o', 'alt.jsonl', '--no-cache', ...args], {
      cwd: folder,
      env: server.env,
    });
  await run();
  const { rows, find, state, change, child } = await startReview(folder, ['alt.jsonl']);
  expect(await state()).toMatchObject({ all: 2 });
  const shown = await rows(0, 1);
  const byText = (text: string) =>
    shown.find(({ fields }) => fields.some(({ value }) => value === text));
  expect(byText('Zur MARTA')?.place).toEqual({
    ...{ at: ['a.html:1:77'], title: 'Hafen', headings: ['Boote'], before: 'Davor.', lang: 'de' },
    inside: { kind: 'link', target: '/marta' },
  });
  const boat = byText('Ein Boot');
  expect(boat?.place).toMatchObject({ headings: ['Boote', 'Rote'], caption: 'Die MARTA' });
  expect((await find('q=caption+nowhere')).total).toBe(0);
  expect((await find('q=die+marta')).total).toBe(1);
  const field = { name: 'alt', value: 'Ein rotes Boot', before: 'Ein Boot' };
  const saved = await change({ position: boat?.position ?? -1, field });
  expect(saved).toMatchObject({ status: 'saved' });
  await change({ position: byText('Zur MARTA')?.position ?? -1, review: 'rejected' });
  child.kill('SIGINT');
  const asked = server.requests.length;
  const written = await run('--write');
  expect(written.code).toBe(0);
  expect(written.stderr).toContain('1 text written into 1 page, 1 left, whose text was rejected');
  expect(server.requests.length).toBe(asked);
  const texts = () => readFileSync(join(folder, 'a.html'), 'utf8').match(/alt="[^"]*"/g);
  expect(texts()).toEqual(['alt="Ein rotes Boot"']);
  await run('--write', '--redo');
  expect(texts()).toEqual(['alt="Zur MARTA"', 'alt="Ein rotes Boot"']);
});

test('a place without an answer is a row of its own, until it has one', async () => {
  const folder = temporaryFolder({ 'a.png': 'small.png' });
  writeFileSync(join(folder, 'a.html'), PAGE);
  let refuses = true;
  const server = await answersBy((prompt) => ({
    decorative: false,
    alt: refuses && prompt.includes('/marta') ? '' : 'Ein Boot',
  }));
  const run = () =>
    runInProcess(['alt', 'a.html', '-o', 'alt.jsonl'], { cwd: folder, env: server.env });
  expect((await run()).code).toBe(3);
  const { rows, state, child } = await startReview(folder, ['alt.jsonl']);
  const failed = (await rows(0, 1)).find(({ status }) => status === 'failed');
  expect(failed?.place?.inside?.target).toBe('/marta');
  refuses = false;
  expect((await run()).code).toBe(0);
  expect(await state()).toMatchObject({ all: 2 });
  expect((await rows(0, 1)).map(({ status }) => status)).toEqual(['ok', 'ok']);
  child.kill('SIGINT');
});
