/** What a question can be besides a prompt, asked in jobs of the Batch API. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AskedRequest } from '../../../src/emulator/script/asked.js';
import { tiffOf } from '../../support/documents.js';
import { world } from './support.js';

/** Runs a command until nothing is on its way. */
async function untilDone(
  { run, pass }: Awaited<ReturnType<typeof world>>,
  ...args: readonly string[]
) {
  const first = await run(...args, '-o', 'x.jsonl', '--batch');
  expect({ code: first.code, stderr: first.stderr }).toMatchObject({ code: 8 });
  await pass();
  const last = await run(...args, '-o', 'x.jsonl', '--batch');
  expect({ code: last.code, stderr: last.stderr }).toMatchObject({ code: 0 });
  return last;
}

describe('several styles', () => {
  test('have an answer each', async () => {
    const here = await world();
    await untilDone(here, 'describe', '.', '-s', 'title,tags');
    expect(here.records()).toHaveLength(3);
    expect(here.records()[0]).toMatchObject({
      answers: { title: expect.any(String), tags: expect.any(Array) },
      batch: expect.any(String),
    });
  });

  test('of which some are there: only the others are asked for, and joined', async () => {
    const asked: AskedRequest[] = [];
    const here = await world({ onAsked: (one) => asked.push(one) });
    await here.run('describe', '.', '-s', 'title', '-o', 'x.jsonl');
    await untilDone(here, 'describe', '.', '-s', 'title,tags');
    expect(asked.at(-1)?.prompt).not.toContain('title');
    const titles = here.records().map(({ answers, text }) => Object(answers).title ?? text);
    // The first ones are in the order in which they were finished.
    expect(titles.slice(3).sort()).toEqual(titles.slice(0, 3).sort());
  });

  test('of which the cache has some: only the others are asked for, and kept', async () => {
    const asked: AskedRequest[] = [];
    const here = await world({ onAsked: (one) => asked.push(one) });
    const title = await here.run('describe', 'a.png', '-s', 'title', '--cache');
    await untilDone(here, 'describe', 'a.png', '-s', 'title,tags', '--cache');
    expect(asked).toHaveLength(2);
    expect(asked[1]?.prompt).not.toContain('title');
    expect(here.records()).toMatchObject([
      { answers: { title: title.stdout.trim(), tags: expect.any(Array) } },
    ]);
    await here.run('describe', 'a.png', '-s', 'tags,title', '--cache');
    expect(asked).toHaveLength(2);
  });

  test('of which one stays wrong: the others are kept with --keep-good', async () => {
    const long = 'A boat on the water. '.repeat(30);
    const here = await world({ answers: () => ({ answer: { title: 'Red boat', alt: long } }) });
    await untilDone(here, 'describe', '.', '-s', 'title,alt', '--keep-good');
    expect(here.records()[0]).toMatchObject({
      answers: { title: 'Red boat' },
      leftOut: { alt: expect.any(String) },
    });
    const failed = await world({ answers: () => ({ answer: { title: 'Red boat', alt: long } }) });
    await failed.batch('-s', 'title,alt');
    await failed.pass();
    expect((await failed.batch('-s', 'title,alt')).code).toBe(7);
    expect(failed.records()[0]).toMatchObject({ error: { partialAnswers: { title: 'Red boat' } } });
  });
});

test('--know tells each picture what is known of it', async () => {
  const asked: AskedRequest[] = [];
  const here = await world({ onAsked: (one) => asked.push(one) });
  await untilDone(here, 'describe', '.', '--know', 'folder');
  expect(here.records()[0]).toMatchObject({ known: { folder: expect.any(String) } });
  const { known } = here.records()[0] as { known: { folder: string } };
  expect(asked[0]?.prompt).toContain(known.folder);
});

test('--group asks about the pictures of a group together', async () => {
  const pictures = {
    'd-front.png': 'small.png',
    'd-back.jpg': 'small.jpg',
    'e.webp': 'small.webp',
  };
  const asked: AskedRequest[] = [];
  const here = await world({ onAsked: (one) => asked.push(one) }, pictures);
  await untilDone(here, 'describe', '.', '--group', '{stem}-front,{stem}-back');
  expect(asked.map((one) => one.pictures.length).sort()).toEqual([1, 2]);
  expect(
    here
      .records()
      .map(({ group }) => group)
      .sort(),
  ).toEqual(['./d', './e.webp']);
});

test('--vocab with a short list takes tags from it', async () => {
  const here = await world();
  writeFileSync(join(here.cwd, 'words.txt'), 'picture\nsquare\nred\n');
  await untilDone(here, 'describe', 'a.png', '-s', 'tags', '--vocab', 'words.txt');
  const tags = here.records().flatMap(({ data }) => data);
  expect(tags.length).toBeGreaterThan(0);
  expect(['picture', 'square', 'red']).toEqual(expect.arrayContaining(tags));
});

test('--write writes what is collected, also by a run that has submitted nothing', async () => {
  const here = await world();
  const { stderr } = await untilDone(here, 'describe', '.', '-s', 'title', '--write');
  // Into the pictures, or beside them where exiftool is missing.
  expect(stderr).toMatch(/^3 written into /m);
  const written = here.records().filter((record) => 'written' in record);
  expect(written).toHaveLength(3);
  expect(written[0]).toMatchObject({ batch: expect.any(String), status: 'ok' });
  // Nothing is asked again because a picture has changed by that.
  const again = await here.run(
    'describe',
    '.',
    '-s',
    'title',
    '--write',
    '-o',
    'x.jsonl',
    '--batch',
  );
  expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('3 done before') });
});

test('--pages asks about each page of a file', async () => {
  const here = await world({}, {});
  writeFileSync(join(here.cwd, 'scan.tif'), tiffOf([60, 40], [-8, 8], [30, 80], [20, 20]));
  await untilDone(here, 'describe', 'scan.tif', '--pages', 'all');
  expect(here.records().map(({ image, page }) => [image, page])).toEqual([
    ['scan.tif#1', 1],
    ['scan.tif#2', 2],
    ['scan.tif#3', 3],
  ]);
});

test('--shard has jobs of its own, and merge waits until they are collected', async () => {
  const here = await world();
  const shard = (number: number) =>
    here.run('describe', '.', '-o', 'x.jsonl', '--batch', '--shard', `${number}/2`);
  const merge = (...more: string[]) =>
    here.run('merge', 'x.1-of-2.jsonl', 'x.2-of-2.jsonl', '-o', 'x.jsonl', ...more);
  const sent = [await shard(1), await shard(2)].map(({ code }) => code);
  expect(sent).toContain(8);
  const early = await merge();
  expect(early).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/\d pictures? (is|are) on the way in batch jobs for x\.\d-of-2/),
  });
  expect((await merge('--partial')).code).toBe(0);
  await here.pass();
  for (const number of [1, 2]) expect((await shard(number)).code).toBe(0);
  expect((await merge()).code).toBe(0);
  expect(here.records()).toHaveLength(3);
});
