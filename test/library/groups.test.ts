/** Questions about several pictures, and about pages, from a program. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createGeminiImage, type GeminiImage } from '../../src/library/client.js';
import { find } from '../../src/library/find.js';
import { KEY } from '../support/ask.js';
import { tiffOf } from '../support/documents.js';
import { fixture, fixtureBytes, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { readAll } from '../support/read-all.js';
import { saying } from '../support/scripted-server.js';

async function clientOf(text = 'A card.') {
  const server = await saying(text);
  const client: GeminiImage = createGeminiImage({ apiKey: KEY, baseUrl: server.url, retries: 0 });
  /** The texts of each request: the names of its pictures, and the prompt. */
  const asked = () =>
    server.requests.map(({ json }) =>
      json.contents.flatMap(({ parts }: { parts: { text?: string }[] }) =>
        parts.flatMap((part) => part.text ?? []),
      ),
    );
  return { client, server, asked };
}

const CARDS = {
  'a-back.png': 'small.png',
  'a-front.jpg': 'small.jpg',
  'b-back.png': 'small.png',
  'b-front.jpg': 'small.jpg',
};
const SIDES = '{stem}-front,{stem}-back';

describe('one question about several pictures', () => {
  test('has their names before them; its record has facts about each', async () => {
    const { client, asked } = await clientOf();
    const folder = temporaryFolder(CARDS);
    const front = join(folder, 'a-front.jpg');
    const bytes = fixtureBytes('small.png');
    const record = await client.describe([front, bytes, { name: 'spare', bytes }], {
      prompt: 'What is on it?',
    });
    expect(asked()).toEqual([[front, 'image 2', 'spare', 'What is on it?']]);
    expect(record).toMatchObject({
      status: 'ok',
      text: 'A card.',
      images: [
        { image: front, mimeType: 'image/jpeg' },
        { image: 'image 2', mimeType: 'image/png', width: expect.any(Number) },
        { image: 'spare' },
      ],
    });
    expect(record).not.toHaveProperty('group');
  });

  test('may have a name, which its record and placeholders have', async () => {
    const { client, asked } = await clientOf();
    const pictures = [fixtureBytes('small.png'), fixture('small.jpg')];
    const record = await client.describe(
      { name: 'card 12', pictures },
      { prompt: 'Is it {stem}?' },
    );
    expect(record.group).toBe('card 12');
    expect(asked()[0]?.at(-1)).toBe('Is it card 12?');
  });

  test('fails if one of them cannot be read, before anything is sent', async () => {
    const { client, server } = await clientOf();
    const gone = client.describe({ name: 'both', pictures: [fixture('small.png'), '/gone.png'] });
    await expect(gone).rejects.toMatchObject({
      kind: 'input',
      message: 'both: /gone.png: no such file',
    });
    await expect(client.describe([])).rejects.toMatchObject({ kind: 'usage' });
    expect(server.requests).toEqual([]);
  });

  test('judges claims about all of them', async () => {
    const verdicts = { verdicts: [{ claim: 1, evidence: 'They are.', verdict: 'holds' }] };
    const { client, asked } = await clientOf(JSON.stringify(verdicts));
    const record = await client.check(
      [fixture('small.png'), fixture('small.jpg')],
      'both are equal',
    );
    expect(record.data?.verdicts[0]?.verdict).toBe('holds');
    expect(record.images).toHaveLength(2);
    expect(asked()[0]?.slice(0, 2)).toEqual([fixture('small.png'), fixture('small.jpg')]);
  });
});

describe('groups that find puts together', () => {
  test('are asked about once each, and not again with a ledger, here or by the command', async () => {
    const { client, server, asked } = await clientOf();
    const folder = temporaryFolder(CARDS);
    const ledger = join(folder, 'cards.jsonl');
    const run = () =>
      readAll(
        client.describeMany(find(folder, { group: SIDES }), {
          ...{ ledger, inOrder: true, prompt: 'What is on {stem}?' },
        }),
      );
    const records = await run();
    expect(asked().map((texts) => texts.at(-1))).toEqual(['What is on a?', 'What is on b?']);
    expect(records).toMatchObject([
      {
        group: join(folder, 'a'),
        images: [{ image: join(folder, 'a-front.jpg') }, { image: join(folder, 'a-back.png') }],
        status: 'ok',
      },
      { group: join(folder, 'b'), status: 'ok' },
    ]);
    const again = await run();
    expect(again.map(({ status }) => status)).toEqual(['ok', 'ok']);
    expect(again).toMatchObject([{ costUsd: 0, group: join(folder, 'a') }, { costUsd: 0 }]);
    const args = ['describe', folder, '--group', SIDES, '-p', 'What is on {stem}?', '-o', ledger];
    const { code } = await runInProcess(args, { cwd: folder, env: server.env });
    expect({ code, calls: server.requests.length }).toEqual({ code: 0, calls: 2 });
    expect(readFileSync(ledger, 'utf8').trim().split('\n')).toHaveLength(2);
  });

  test('stand beside pictures; a group that fails does not stop the others', async () => {
    const { client } = await clientOf();
    const pictures = [
      { name: 'broken', pictures: [fixture('small.png'), '/gone.png'] },
      fixture('harbor.jpg'),
    ];
    const records = await readAll(client.describeMany(pictures, { inOrder: true }));
    expect(records).toMatchObject([
      {
        group: 'broken',
        status: 'failed',
        images: [{ image: fixture('small.png') }, { image: '/gone.png' }],
        error: { kind: 'input' },
      },
      { image: fixture('harbor.jpg'), status: 'ok' },
    ]);
  });

  test('need a pattern that is one', async () => {
    await expect(readAll(find('.', { group: 'front' }))).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(/^group needs \{stem\}/),
    });
  });
});

test('a page of a TIFF has the name that its record has', async () => {
  const { client } = await clientOf();
  const folder = temporaryFolder();
  const scan = join(folder, 'scan.tif');
  writeFileSync(scan, tiffOf([60, 40], [30, 80]));
  const second = await client.describe(`${scan}#2`);
  expect(second).toMatchObject({ image: `${scan}#2`, page: 2 });
  copyFileSync(fixture('small.png'), join(folder, 'odd#2'));
  expect(await client.describe(join(folder, 'odd#2'))).not.toHaveProperty('page');
  await expect(client.describe(`${scan}#3`)).rejects.toMatchObject({ kind: 'input' });
});
