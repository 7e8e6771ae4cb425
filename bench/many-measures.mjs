import { strict as assert } from 'node:assert';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { foldersOf, plantAlbum } from './album.mjs';
import { command } from './built.mjs';
import { checkLedger, writeLedger } from './ledger.mjs';
import { lasting, memory } from './measures.mjs';
import { branchesOf, plantTree } from './pictures.mjs';

const PICTURES = 400;
const AT_ONCE = 32;
const DEFAULT_AT_ONCE = 8;
const LATENCY_MS = 200;
const PER_SECOND = 20;
const [FEW, LOTS] = [500, 10_000];
/** With the default of four, one run in eight has a picture that meets five faults in turn. */
const RETRIES = 8;

const rate = { unit: '/s', of: ({ perSecond }) => perSecond };

/** What is measured of runs over many pictures, with a ledger. They take long, and run seldom. */
export function manyMeasures({ run, runForUsage }, busy, { album, tree, small }) {
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
    const perSecond = (count / (seen.lastAt - seen.firstAt)) * 1000;
    return { ...result, ...seen, perSecond, refusedShare: (seen.refused / seen.calls) * 100 };
  }

  const parallel = ['-c', String(AT_ONCE)];
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
        { name: `${PICTURES} pictures, latency of ${LATENCY_MS} ms`, ...rate, least: 0.92 },
        {
          name: `latency of ${LATENCY_MS} ms: with the start of the process`,
          unit: '/s',
          of: ({ perSecond, ms = (PICTURES / perSecond) * 1000 }) => (PICTURES / ms) * 1000,
        },
      ],
      prepare,
      candidate: () => runOver(PICTURES, { latencyMs: LATENCY_MS }, parallel),
      floor: () => ({ perSecond: (AT_ONCE / LATENCY_MS) * 1000 }),
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
    {
      runs: 3,
      rows: [
        { name: 'skipping 100,000 that are done', ...lasting('ms'), limit: 2000 },
        { name: 'skipping: peak memory', ...lasting('peakMb'), unit: 'MB', limit: 150 },
      ],
      *prepare() {
        yield* plantTree(tree);
        rmSync(ledger, { force: true });
        run(describe([small.path]));
        const record = JSON.parse(readFileSync(ledger, 'utf8'));
        yield* writeLedger(ledger, record, branchesOf(tree));
      },
      async candidate() {
        await busy.behave({});
        const { size } = statSync(ledger);
        const { ms, stderr } = run(describe([tree.folder], '-r'));
        const { peakMb } = runForUsage(describe([tree.folder], '-r'));
        assert.match(stderr, /100[,. ]?000/, 'that so many were skipped');
        assert.equal((await busy.report()).calls, 0, 'calls for what is done');
        assert.equal(statSync(ledger).size, size, 'bytes of the ledger');
        return { ms, peakMb };
      },
    },
  ];
}
