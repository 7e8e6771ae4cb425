import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OwnLines } from '../../src/storage/ledger/own-lines.js';
import { temporaryFolder } from '../support/files.js';

/** Few, many, and ones that are longer than what is held in memory. */
const LINES = [
  'first',
  ...Array.from({ length: 3000 }, (_, at) => `${at} ${'船'.repeat(at % 97)}`),
  'x'.repeat(300_000),
  '',
  'y'.repeat(700_000),
  'last',
];

test.each(['captions.jsonl', 'gone/captions.jsonl'])(
  'all of them, in their order: %s',
  async (name) => {
    const folder = temporaryFolder();
    const own = new OwnLines(join(folder, name));
    await own.add(Buffer.from(`${LINES.slice(0, 2).join('\n')}\n`));
    for (const line of LINES.slice(2)) await own.add(Buffer.from(`${line}\n`));
    expect(own.count).toBe(LINES.length);
    for (let time = 0; time < 2; time += 1) {
      const found: string[] = [];
      await own.each((text) => found.push(text));
      expect(found).toEqual(LINES);
    }
    expect(readdirSync(folder)).toEqual([]);
    await own.close();
  },
);
