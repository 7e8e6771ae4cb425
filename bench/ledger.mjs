import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';

/** Checks that it holds one finished answer for each of so many pictures, and each its own. */
export function checkLedger(path, count) {
  const text = readFileSync(path, 'utf8');
  assert(text.endsWith('\n'), 'the last line of the ledger is torn');
  const records = text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const { image, status, text } of records) {
    assert.equal(status, 'ok', `${image} in the ledger`);
    assert.equal(basename(image, '.jpg').replace('IMG_', 'Picture '), text.replace('.', ''));
  }
  assert.equal(new Set(records.map(({ image }) => image)).size, count, 'pictures in the ledger');
  assert.equal(records.length, count, 'records in the ledger');
}

/**
 * Writes a ledger that says of files that they are done, in the words of a record that the command
 * wrote; the files of a folder at each step.
 */
export function* writeLedger(path, record, branches) {
  for (const name of ['request', 'size', 'mtime', 'sha256']) {
    assert(record[name] !== undefined, `a record of the command has no ${name}`);
  }
  rmSync(path, { force: true });
  for (const { files } of branches) {
    const lines = files.map(({ path: image, size, mtime }) => {
      const sha256 = createHash('sha256').update(image).digest('hex');
      return `${JSON.stringify({ ...record, image, size, mtime: mtime.toISOString(), sha256 })}\n`;
    });
    appendFileSync(path, lines.join(''));
    yield;
  }
}
