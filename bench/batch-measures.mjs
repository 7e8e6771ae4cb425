import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { appendFileSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { command, compiled, script } from './built.mjs';
import { lasting, memory } from './measures.mjs';
import { MANY } from './pictures.mjs';

const PREPARED = 2000;
const [FEW, LOTS] = [1000, 10_000];
const FORMATS = ['csv', 'parquet'];
const [SHARDS, RECORDS] = [8, 125_000];

/** What is measured of batch jobs, and of merging and exporting ledgers: the work on this machine, without the service. */
export function batchMeasures({ run, runForUsage }, { many }) {
  const path = (name) => join(many.folder, '../batch', name);
  const folderOf = (count) => path(`pictures-${count}/`);

  /** The pictures of `many`, under as many names as are needed. */
  function plantPictures(count) {
    rmSync(folderOf(count), { recursive: true, force: true });
    mkdirSync(folderOf(count), { recursive: true });
    for (let at = 0; at < count; at += 1) {
      linkSync(join(many.folder, `IMG_${at % MANY}.jpg`), join(folderOf(count), `${at}.jpg`));
    }
  }
  const prepared = (count, { stdout, ...usage }) => {
    const result = { ...usage, ...JSON.parse(stdout) };
    assert.equal(result.pictures, count, 'pictures that were prepared');
    assert(result.bytes > (count * many.size * 4) / 3 - count * 3000, 'bytes of the questions');
    return { ...result, perSecond: (count / result.ms) * 1000 };
  };
  const write = (count, runWith) =>
    prepared(
      count,
      runWith([script('batch-write.mjs'), compiled('./'), folderOf(count), path('questions')]),
    );

  const taken = (count, runWith) => {
    const { stdout, ...usage } = runWith([
      ...[script('batch-take-in.mjs'), compiled('./'), path(`results-${count}`)],
    ]);
    const result = { ...usage, ...JSON.parse(stdout) };
    assert.equal(result.answers, count, 'rows that are answers');
    return result;
  };

  const ledgers = Array.from({ length: SHARDS }, (_, at) => path(`c.${at + 1}-of-${SHARDS}.jsonl`));
  const merged = path('merged.jsonl');
  const merge = () => {
    const { ms, stderr } = run([command, 'merge', ...ledgers, '-o', merged]);
    assert.match(stderr, /^1,000,000 pictures have an answer in 8 ledgers; /);
    return ms;
  };

  const exported = (format) => {
    const words = [command, 'export', merged, '--overwrite', '-o', path(`all.${format}`)];
    const { ms, stderr } = run(words);
    assert.match(stderr, /^1,000,000 pictures are in /);
    return { [`${format}Ms`]: ms, [`${format}Mb`]: runForUsage(words).peakMb };
  };

  return [
    {
      runs: 5,
      rows: [
        {
          name: `batch: preparing ${PREPARED} pictures of 200 KB`,
          unit: '/s',
          of: ({ perSecond }) => perSecond,
          least: 0.8,
        },
      ],
      *prepare() {
        yield plantPictures(PREPARED);
      },
      candidate: () => write(PREPARED, run),
      floor: () =>
        prepared(PREPARED, run([script('batch-floor.mjs'), folderOf(PREPARED), path('questions')])),
    },
    {
      runs: 1,
      rows: [{ name: 'batch: peak memory, 10,000 pictures against 1,000', ...memory, limit: 1.15 }],
      *prepare() {
        for (const count of [FEW, LOTS]) yield plantPictures(count);
      },
      candidate: () => write(LOTS, runForUsage),
      floor: () => write(FEW, runForUsage),
    },
    {
      runs: 5,
      rows: [
        { name: 'batch: reading 10,000 rows of results', ...lasting('ms'), limit: 2000 },
        { name: 'batch: peak memory of that against 1,000 rows', ...memory, by: 'more', limit: 40 },
      ],
      *prepare() {
        for (const count of [FEW, LOTS]) yield writeResults(path(`results-${count}`), count);
      },
      candidate: () => ({
        ms: taken(LOTS, run).ms,
        peakMb: taken(LOTS, runForUsage).peakMb,
      }),
      floor: () => taken(FEW, runForUsage),
    },
    {
      runs: 1,
      rows: [
        { name: 'merging 8 × 125,000 records', ...lasting('ms'), limit: 8000 },
        { name: 'merging: the same once more', ...lasting('againMs'), limit: 8000 },
        {
          name: 'merging: peak memory of the second time',
          ...lasting('peakMb'),
          unit: 'MB',
          limit: 200,
        },
      ],
      *prepare() {
        rmSync(path('.'), { recursive: true, force: true });
        mkdirSync(path('.'), { recursive: true });
        for (const [at, ledger] of ledgers.entries()) yield* writeShard(ledger, at * RECORDS);
      },
      candidate() {
        rmSync(merged, { force: true });
        const [ms, againMs] = [merge(), merge()];
        const { peakMb } = runForUsage([command, 'merge', ...ledgers, '-o', merged]);
        return { ms, againMs, peakMb };
      },
    },
    {
      runs: 1,
      rows: FORMATS.flatMap((format) => [
        {
          name: `exporting 1,000,000 records to ${format}`,
          ...lasting(`${format}Ms`),
          limit: 15_000,
        },
        {
          name: `exporting to ${format}: peak memory`,
          ...lasting(`${format}Mb`),
          unit: 'MB',
          limit: 250,
        },
      ]),
      *prepare() {
        rmSync(path('.'), { recursive: true, force: true });
        mkdirSync(path('.'), { recursive: true });
        for (const [at, ledger] of ledgers.entries()) yield* writeShard(ledger, at * RECORDS);
        merge();
      },
      candidate: () => Object.assign({}, ...FORMATS.map(exported)),
    },
  ];
}

function writeResults(file, count) {
  mkdirSync(join(file, '..'), { recursive: true });
  rmSync(file, { force: true });
  const rowOf = (at) => ({
    response: {
      candidates: [
        {
          content: {
            parts: [
              { text: `A harbour at dusk, number ${at}.`, thoughtSignature: 'x'.repeat(1200) },
            ],
            role: 'model',
          },
          finishReason: 'STOP',
          index: 0,
        },
      ],
      usageMetadata: { promptTokenCount: 1130, candidatesTokenCount: 12, totalTokenCount: 1142 },
      modelVersion: 'gemini-3.5-flash-lite',
    },
    key: String(at),
  });
  const rows = Array.from({ length: count }, (_, at) => `${JSON.stringify(rowOf(at))}\n`);
  appendFileSync(file, rows.join(''));
}

/** A ledger of one machine, as it is after a job of a million; some thousand lines at each step. */
function* writeShard(file, first) {
  const sha256 = (text) => createHash('sha256').update(text).digest('hex');
  for (let done = 0; done < RECORDS; done += 5000) {
    const lines = Array.from({ length: 5000 }, (_, at) => {
      const number = first + done + at;
      const hash = sha256(String(number));
      return `${JSON.stringify({
        image: `photos/2024/${number % 400}/IMG_${number}.jpg`,
        status: 'ok',
        text: `A harbour at dusk with ${number} boats along a stone quay, and a lighthouse in the distance under low clouds.`,
        finishReason: 'STOP',
        model: 'gemini-3.5-flash-lite',
        usage: { inputTokens: 1130, outputTokens: 27, thoughtTokens: 0, cachedTokens: 0 },
        costUsd: 0.0004065,
        ...{ mimeType: 'image/jpeg', width: 4032, height: 3024, size: 2_000_000 + number },
        mtime: '2024-06-01T10:00:00.000Z',
        sha256: hash,
        pictureSha256: hash,
        sent: {
          ...{ mimeType: 'image/jpeg', width: 3072, height: 2304, bytes: 500_000 },
          changes: ['shrunk', 'stripped'],
        },
        asked: { style: 'caption', prompt: 'Describe this picture in one or two plain sentences.' },
        request: sha256('request'),
        durationMs: 812,
      })}\n`;
    });
    appendFileSync(file, lines.join(''));
    yield;
  }
}
