/** Options of the library that say more about the question: words for tags, known facts, pages. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createGeminiImage } from '../../src/library/client.js';
import { find } from '../../src/library/find.js';
import { finished } from '../support/answers.js';
import { failureOf, KEY } from '../support/ask.js';
import { tiffOf } from '../support/documents.js';
import { type FakeGemini, fakeGemini, json } from '../support/fake-gemini.js';
import { fixture, temporaryFolder } from '../support/files.js';
import { readAll } from '../support/read-all.js';

const clientOf = ({ url }: FakeGemini) =>
  createGeminiImage({ apiKey: KEY, baseUrl: url, retries: 0 });

const asked = ({ requests }: FakeGemini) => requests.map(({ body }) => body);

describe('vocab', () => {
  const words = ['animals > dogs', 'boat = ship # afloat', 'quay'];

  test('takes tags from its words, by a list or its text, with paths', async () => {
    const server = await fakeGemini(json(finished('["ship", "dogs"]')));
    const client = clientOf(server);
    const picture = fixture('small.png');
    const leaf = await client.describe(picture, { style: 'tags', vocab: words });
    expect(leaf.data).toEqual(['boat', 'dogs']);
    const vocab = words.join('\n');
    const all = await client.describe(picture, { style: 'tags', vocab, vocabPaths: 'all' });
    expect(all.data).toEqual(['boat', 'animals', 'dogs']);
    expect(asked(server)[0]).toContain('"enum":["dogs","boat","quay"]');
  });

  test('is refused where it says nothing, or is wrong', async () => {
    const client = clientOf(await fakeGemini(json(finished('[]'))));
    const picture = fixture('small.png');
    const wrong = {
      'vocab has the words for the style tags': { style: 'title', vocab: words },
      'vocabPaths is about the words of vocab': { style: 'tags', vocabPaths: 'all' },
      'vocab, line 2: a word is missing': { style: 'tags', vocab: 'boat\n> dog' },
    } as const;
    for (const [message, options] of Object.entries(wrong)) {
      const error = await failureOf(client.describe(picture, options));
      expect(error).toMatchObject({ kind: 'usage' });
      expect(error.message).toContain(message);
    }
  });
});

describe('know', () => {
  const XMP = (title: string) =>
    `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
    `<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:title="${title}"/>` +
    '</rdf:RDF></x:xmpmeta>';

  test('tells what the metadata says, and a new fact makes a new question', async () => {
    const server = await fakeGemini(json(finished('A boat.')));
    const client = clientOf(server);
    const folder = temporaryFolder({ 'a.png': 'small.png' });
    const picture = join(folder, 'a.png');
    const ledger = join(folder, 'x.jsonl');
    const run = () =>
      readAll(client.describeMany([picture], { know: ['title', 'people'], ledger }));
    writeFileSync(join(folder, 'a.xmp'), XMP('Quay'));
    const { known } = await client.describe(picture, { know: ['title'] });
    expect(known).toEqual({ title: 'Quay' });
    await run();
    await run();
    expect(asked(server).filter((body) => body.includes('title: Quay'))).toHaveLength(2);
    writeFileSync(join(folder, 'a.xmp'), XMP('Pier'));
    const [record] = await run();
    expect(record).toMatchObject({ status: 'ok', known: { title: 'Pier' } });
    expect(asked(server)).toHaveLength(3);
  });

  test('finds nothing about bytes, and refuses other facts', async () => {
    const server = await fakeGemini(json(finished('A boat.')));
    const bytes = readFileSync(fixture('small.png'));
    const record = await clientOf(server).describe(bytes, { know: ['title'] });
    expect(record).not.toHaveProperty('known');
    const call = clientOf(server).describe(bytes, { know: ['weather' as 'title'] });
    expect((await failureOf(call)).message).toContain('know must be a list of some of people, ');
  });
});

test('find gives the pages of a TIFF', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a.tif'), tiffOf([60, 40], [30, 80]));
  const names = async (pages: string) =>
    (await readAll(find(folder, { pages }))).map(({ id }) => id.slice(folder.length + 1));
  expect(await names('first')).toEqual(['a.tif']);
  expect((await names('all')).slice(0, 2)).toEqual(['a.tif#1', 'a.tif#2']);
  expect(await names('2')).toEqual(['a.tif#2']);
  const error = await failureOf(names('x'));
  expect(error.message).toBe('pages x names no pages');
});
