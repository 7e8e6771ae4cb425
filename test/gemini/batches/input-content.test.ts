/** A file of questions, as it is read to be uploaded. */
import { truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { inputContent } from '../../../src/gemini/batches/input-content.js';
import { temporaryFolder } from '../../support/files.js';

const BYTES = Buffer.from('first piece, second one, and the rest');

async function opened(spare?: Buffer) {
  const path = join(temporaryFolder(), 'x.input');
  writeFileSync(path, BYTES);
  const file = await open(path);
  onTestFinished(() => file.close());
  return { path, content: await inputContent(file, path, spare) };
}

test('a piece takes the memory of the one before it', async () => {
  const { content } = await opened();
  expect(content.size).toBe(BYTES.length);
  const first = await content.read(0, 12);
  expect(String(first)).toBe('first piece,');
  const second = await content.read(12, 24);
  expect(String(second)).toBe(' second one,');
  expect(second.buffer).toBe(first.buffer);
  expect(String(await content.read(24, 30))).toBe(' and t');
});

test('the first one takes what memory there is, if that is enough', async () => {
  const [enough, little] = [Buffer.alloc(20), Buffer.alloc(5)];
  const { content } = await opened(enough);
  expect(String(await content.read(0, 12))).toBe('first piece,');
  expect(content.memory).toBe(enough);
  const { content: other } = await opened(little);
  expect(String(await other.read(0, 12))).toBe('first piece,');
  expect(other.memory).toHaveLength(12);
});

test('one that is read again, or from another place, has its own', async () => {
  const { content } = await opened();
  const first = await content.read(0, 12);
  const again = await content.read(0, 12);
  const other = await content.read(6, 18);
  expect([first, again, other].map(String)).toEqual(
    ['first piece,', 'first piece,', 'piece, second'].map((text) => text.slice(0, 12)),
  );
  expect(new Set([first.buffer, again.buffer, other.buffer]).size).toBe(3);
});

test('a file that becomes shorter is told', async () => {
  const { path, content } = await opened();
  truncateSync(path, 5);
  await expect(content.read(0, 12)).rejects.toThrow('has become shorter meanwhile');
});
