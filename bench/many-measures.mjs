import { strict as assert } from 'node:assert';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { foldersOf, plantAlbum } from './album.mjs';
import { command, script } from './built.mjs';
import { checkLedger, writeLedger } from './ledger.mjs';
import { lasting, memory } from './measures.mjs';
import { branchesOf, plantTree } from './pictures.mjs';

const PICTURES = 400;
const AT_ONCE = 32;
const DEFAULT_AT_ONCE = 8;
/** With so many at once, neither side waits for an answer. */
const WITHOUT_WAITING = 16;
const LATENCY_MS = 200;
const PER_SECOND = 20;
const [FEW, LOTS] = [500, 10_000];
/** With the default of four, one run in eight has a picture that meets five faults in turn. */
const RETRIES = 8;

const rate = { unit: '/s', of: ({ perSecond }) => perSecond };

/** What is measured of runs over many pictures, with a ledger. They take long, and run seldom. */
export function manyMeasures({ run, runForUsage, runForTurns }, busy, pictures) {
  const { album } = pictures;
  const ledger = join(album.folder, '../ledger.jsonl');
  const describe = (images, ...options) => [
    ...[command, 'describe', ...images, '--base-url', busy.baseUrl, '-o', ledger],
    ...options,
  ];

  /** Describes the first pictures of the album, and checks that each was answered once. */
  async function runOver(count, behaviour, options = [], atOnce = AT_ONCE, runWith = run) {
    rmSync(ledger, { force: true });
    await busy.behave(behaviour);
    const result = runWith(describe(foldersOf(album, count), ...options));
    checkLedger(ledger, count);
    const seen = await busy.report();
    assert.equal(seen.pictures, count, 'pictures that were answered');
    assert.equal(seen.answers, count, 'answers, of which a second one for a picture is wasted');
    assert(seen.mostAtOnce <= atOnce, `calls at once: ${seen.mostAtOnce}`);
    const refusedShare = (seen.refused / seen.calls) * 100;
    return { ...result, ...seen, perSecond: rateOf(seen, count), refusedShare };
  }

  /** The same by the script that does no more than read, encode and ask. */
  async function bareOver(count, atOnce, runWith = run) {
    await busy.behave({});
    const args = [script('many-floor.mjs'), busy.baseUrl, String(atOnce)];
    const result = runWith([...args, ...foldersOf(album, count)]);
    const seen = await busy.report();
    assert.equal(seen.pictures, count, 'pictures that the script had answered');
    return { ...result, perSecond: rateOf(seen, count) };
  }

  const rateOf = ({ firstAt, lastAt }, count) => (count / (lastAt - firstAt)) * 1000;

  const parallel = ['-c', String(AT_ONCE)];
  const withoutWaiting = ['-c', String(WITHOUT_WAITING)];
  const prepare = () => plantAlbum(album, PICTURES);
  const paced = (capacity) => ({
    runs: 1,
    rows: [
      { name: `bucket of ${capacity}: pictures a second`, ...rate, least: 0.85 },
      {
        name: `bucket of ${capacity}: with what it held at first`,
        unit: '/s',
        of: ({ perSecond, allowed = perSecond }) => allowed,
      },
      {
        name: `bucket of ${capacity}: calls refused`,
        unit: '%',
        by: 'alone',
        of: ({ refusedShare }) => refusedShare,
        limit: 10,
      },
    ],
    prepare,
    candidate: () => runOver(PICTURES, { bucket: { capacity, perSecond: PER_SECOND } }, parallel),
    floor: () => ({
      perSecond: PER_SECOND,
      allowed: (PICTURES / (PICTURES - capacity)) * PER_SECOND,
    }),
  });

  return [
    {
      runs: 5,
      rows: [
        { name: `${PICTURES} pictures, latency of ${LATENCY_MS} ms`, ...rate, least: 0.94 },
        {
          name: `latency of ${LATENCY_MS} ms: with the start of the process`,
          unit: '/s',
          of: ({ perSecond, ms = (PICTURES / perSecond) * 1000 }) => (PICTURES / ms) * 1000,
          least: 0.86,
        },
      ],
      prepare,
      candidate: () => runOver(PICTURES, { latencyMs: LATENCY_MS }, parallel),
      floor: () => ({ perSecond: (AT_ONCE / LATENCY_MS) * 1000 }),
    },
    {
      runs: 3,
      rows: [{ name: '10,000 pictures at no latency, a second', ...rate, least: 0.8 }],
      prepare: () => plantAlbum(album, LOTS),
      candidate: () => runOver(LOTS, {}, withoutWaiting, WITHOUT_WAITING),
      floor: () => bareOver(LOTS, WITHOUT_WAITING),
    },
    {
      runs: 1,
      rows: [
        {
          name: '10,000 pictures at no latency: CPU time of one, all threads',
          unit: 'ms',
          of: ({ cpuMs }) => cpuMs / LOTS,
        },
      ],
      prepare: () => plantAlbum(album, LOTS),
      candidate: () => runOver(LOTS, {}, withoutWaiting, WITHOUT_WAITING, runForUsage),
      floor: () => bareOver(LOTS, WITHOUT_WAITING, runForUsage),
    },
    paced(20),
    paced(5),
    {
      runs: 1,
      rows: [{ name: 'peak memory, 10,000 pictures against 500', ...memory, limit: 1.15 }],
      prepare: () => plantAlbum(album, LOTS),
      candidate: () => runOver(LOTS, {}, [], DEFAULT_AT_ONCE, runForUsage),
      floor: () => runOver(FEW, {}, [], DEFAULT_AT_ONCE, runForUsage),
    },
    {
      runs: 1,
      rows: [
        {
          name: 'every fifth call failing: pictures answered',
          unit: '',
          by: 'alone',
          of: ({ answers }) => answers,
          least: PICTURES,
        },
        { name: 'every fifth call failing: time', ...lasting('ms') },
      ],
      prepare,
      candidate: () =>
        runOver(PICTURES, { failEvery: 5 }, [...parallel, '--retries', String(RETRIES)]),
    },
    ...skippingMeasures({ run, runForUsage, runForTurns }, busy, { describe, ledger, pictures }),
  ];
}

/** Of pictures that the ledger says are done: nothing is asked, and nothing is written. */
function skippingMeasures(processes, busy, { describe, ledger, pictures }) {
  const { run, runForUsage, runForTurns } = processes;
  const { tree, million, flat, small } = pictures;
  const list = join(tree.folder, '../list.txt');

  function* plantDone(album) {
    yield* plantTree(album);
    rmSync(ledger, { force: true });
    run(describe([small.path]));
    const record = JSON.parse(readFileSync(ledger, 'utf8'));
    yield* writeLedger(ledger, record, branchesOf(album));
  }
  /** Runs the command, and checks that all were skipped. */
  async function skipped({ files }, args, runWith) {
    await busy.behave({});
    const { size } = statSync(ledger);
    const result = runWith(args);
    if (result.stderr !== undefined) {
      const done = new RegExp(files.toLocaleString('en').replaceAll(',', '[,. ]?'));
      assert.match(result.stderr, done, 'that so many were skipped');
    }
    assert.equal((await busy.report()).calls, 0, 'calls for what is done');
    assert.equal(statSync(ledger).size, size, 'bytes of the ledger');
    return result;
  }
  const skipping = (name, album, args, { ms, mb }, prepare = () => plantDone(album)) => ({
    runs: album === million ? 1 : 3,
    rows: [
      { name: `${name}: time`, ...lasting('ms'), limit: ms },
      { name: `${name}: CPU time, all threads`, ...lasting('cpuMs') },
      { name: `${name}: peak memory`, ...lasting('peakMb'), unit: 'MB', limit: mb },
    ],
    prepare,
    async candidate() {
      const { ms } = await skipped(album, args, run);
      const { peakMb, cpuMs } = await skipped(album, args, runForUsage);
      return { ms, peakMb, cpuMs };
    },
  });
  return [
    skipping('skipping 100,000', tree, describe([tree.folder], '-r'), { ms: 1200, mb: 110 }),
    skipping(
      'skipping a list of 100,000',
      tree,
      describe([], '--files-from', list),
      { ms: 1200, mb: 110 },
      function* () {
        yield* plantDone(tree);
        const names = [...branchesOf(tree)].flatMap(({ files }) => files.map(({ path }) => path));
        writeFileSync(list, `${names.join('\n')}\n`);
      },
    ),
    skipping('skipping 1,000,000', million, describe([million.folder], '-r'), {
      ms: 10_000,
      mb: 250,
    }),
    {
      runs: 3,
      rows: [
        {
          name: 'skipping in a flat folder of 200,000: longest stop',
          ...lasting('stoppedMs'),
          limit: 50,
        },
      ],
      prepare: () => plantDone(flat),
      candidate: () => skipped(flat, describe([`${flat.folder}folder-0/`]), runForTurns),
    },
  ];
}
