/** Answers that are paid for and find no room: they are told, so that they are not lost. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { EventOf } from '../../src/domain/events.js';
import type { Outcome } from '../../src/engine/outcome.js';
import { csvFormat } from '../../src/output/csv.js';
import { printedWriter } from '../../src/run/printing.js';
import { ledgerWriter } from '../../src/run/writers.js';
import { writeFailure } from '../../src/storage/errors.js';
import { temporaryFolder } from '../support/files.js';
import { failedRecord, okRecord, open } from '../support/ledgers.js';

const full = (path: string) =>
  writeFailure(path, Object.assign(new Error('no space'), { code: 'ENOSPC' }));

const answered = (image: string, text: string): Outcome => ({
  record: okRecord(image, { text }),
});

test('each answer that could not be written to a ledger is reported with its picture', async () => {
  const path = join(temporaryFolder(), 'x.jsonl');
  const ledger = await open(path);
  onTestFinished(() => ledger.close());
  const told: EventOf<'failed'>[] = [];
  const writer = ledgerWriter({ ...ledger, append: () => Promise.reject(full(path)) }, (event) =>
    told.push(event),
  );
  for (const [image, text] of [
    ['a.png', 'A boat.'],
    ['b.png', 'Two boats.'],
  ] as const) {
    const adding = writer.add(answered(image, text));
    await expect(adding).rejects.toMatchObject({ kind: 'usage' });
    expect(told.pop()).toMatchObject({
      about: image,
      error: {
        message: expect.stringContaining('no space is left'),
        hint: `The answer is: ${text}`,
      },
    });
  }
  const failure = { record: failedRecord('c.png'), error: full('c.png'), tookMs: 1 };
  await expect(writer.add(failure)).rejects.toMatchObject({ kind: 'usage' });
  expect(told).toEqual([]);
});

test('an answer that could not be written to any file is reported with what was kept', async () => {
  const told: EventOf[] = [];
  const sink = {
    live: false,
    write: () => Promise.reject(full('x.csv')),
    close: () => Promise.reject(full('x.csv')),
    discard: async () => {},
    keep: async () => 'x.csv.unfinished',
    unwritten: () => 'b.png,ok,Two boats.\r\n',
  };
  const writer = printedWriter(csvFormat().create(), sink, {
    reportsFailures: false,
    tell: (event) => told.push(event),
  });
  await expect(writer.add(answered('b.png', 'Two boats.'))).rejects.toMatchObject({
    kind: 'usage',
  });
  await expect(writer.finish(undefined)).rejects.toMatchObject({
    hint: 'What was finished is in x.csv.unfinished.\nFor this there was no room:\nb.png,ok,Two boats.',
  });
});
