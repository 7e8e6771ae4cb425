// npm run bench [-- --runs n --only words]: exits 1 if a limit is missed. README.md says how to read it.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { command } from './built.mjs';
import { describeMeasures, moduleMeasures, streamOnce } from './measures.mjs';
import { makePictures } from './pictures.mjs';
import { processesIn } from './processes.mjs';
import { heading, linkRow, machine, missed, printTable, rowsOf, streamRows } from './report.mjs';
import { startLink, startService } from './service.mjs';

const MIN_RUNS = 15;
/** Of what takes seconds, every third run is left. */
const COSTLY = 3;

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '21' }, only: { type: 'string', default: '' } },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < MIN_RUNS) {
  throw new Error(`--runs takes a whole number of at least ${MIN_RUNS}`);
}

if (!existsSync(command)) throw new Error(`${command} is missing: npm run build`);

const folder = mkdtempSync(join(tmpdir(), 'gemini-image-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const service = await startService();
const link = await startLink(service);
try {
  const processes = processesIn(folder);
  const pictures = makePictures(folder, processes.run);
  const often = `${runs} runs, of costly ones ${Math.ceil(runs / COSTLY)}`;
  console.log(`${machine()}\nmedian of ${often} (middle half), taken in turn\n`);

  const rows = [heading];
  const measures = [
    ...describeMeasures(processes, service, link, pictures),
    ...moduleMeasures(processes, pictures),
  ].filter((measure) => measure.rows.some(isWanted));
  for (const measure of measures) {
    for (const _ of measure.prepare?.() ?? []) await nextTurn();
    rows.push(...rowsOf(measure, ...(await inTurn(measure))));
    const rates = await link.rates();
    if (rates.length > 0) rows.push(linkRow(rates));
  }
  const streams = [];
  if (isWanted({ name: 'streams' })) {
    for (let run = 0; run < runs; run += 1) {
      streams.push(await streamOnce(processes, service, pictures.small));
    }
    rows.push(...streamRows(streams));
  }

  printTable(rows);
  if (rows.some(missed)) process.exitCode = 1;
} finally {
  await link.stop();
  await service.stop();
}

/** `--only` names a part of a row's name; everything is wanted without it. */
function isWanted({ name }) {
  return name.includes(values.only);
}

/** Runs both, one after the other, again and again; the first time warms up and does not count. */
async function inTurn({ candidate, floor, costly = false }) {
  const results = [[], []];
  const times = costly ? Math.ceil(runs / COSTLY) : runs;
  for (let run = 0; run <= times; run += 1) {
    const pair = [candidate(), floor?.()];
    // Lets a signal be heard: the runs themselves block.
    await nextTurn();
    if (run > 0) for (const side of [0, 1]) results[side].push(pair[side]);
  }
  return results;
}
