// npm run bench [-- --runs n --only words]: exits 1 if a limit is missed. README.md says how to read it.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { batchMeasures } from './batch-measures.mjs';
import { command, script } from './built.mjs';
import { convertMeasures } from './convert-measures.mjs';
import { manyMeasures } from './many-measures.mjs';
import { describeMeasures, moduleMeasures, streamOnce } from './measures.mjs';
import { pageMeasures } from './page-measures.mjs';
import { makePictures } from './pictures.mjs';
import { processesIn } from './processes.mjs';
import {
  brokenRow,
  heading,
  linkRow,
  machine,
  missed,
  printTable,
  rowsOf,
  streamRows,
} from './report.mjs';
import { startBusy, startLink, startService } from './service.mjs';

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
const busy = await startBusy();
try {
  const processes = processesIn(folder);
  const pictures = makePictures(folder, processes.run);
  const often = `${runs} runs, of costly ones ${Math.ceil(runs / COSTLY)}`;
  console.log(`${machine()}\nmedian of ${often} (middle half), taken in turn\n`);

  const rows = [heading];
  const measures = [
    ...describeMeasures(processes, service, link, pictures),
    ...moduleMeasures(processes, pictures),
    ...manyMeasures(processes, busy, pictures),
    ...batchMeasures(processes, pictures),
    ...pageMeasures(processes, folder),
    ...convertMeasures(processes, pictures, script('../fixtures/harbor.jpg')),
  ].filter((measure) => measure.rows.some(isWanted));
  for (const measure of measures) {
    rows.push(...(await rowsWanted(measure)));
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
  await busy.stop();
  await link.stop();
  await service.stop();
}

/** `--only` names a part of a row's name; everything is wanted without it. */
function isWanted({ name }) {
  return name.includes(values.only);
}

/** The rows of a measure. One that breaks is told at once, and does not keep others from theirs. */
async function rowsWanted(measure) {
  try {
    for (const _ of measure.prepare?.() ?? []) await nextTurn();
    return rowsOf(measure, ...(await inTurn(measure)));
  } catch (error) {
    console.error(`${measure.rows[0].name}: ${error.message}\n`);
    await nextTurn();
    return [brokenRow(measure)];
  }
}

/**
 * Runs both, one after the other, again and again; the first time warms up and does not count,
 * except where a measure says how many `runs` it can afford.
 */
async function inTurn({ candidate, floor, costly = false, runs: affordable }) {
  const results = [[], []];
  const times = affordable ?? (costly ? Math.ceil(runs / COSTLY) : runs);
  for (let run = affordable ? 1 : 0; run <= times; run += 1) {
    const pair = [await candidate(), await floor?.()];
    // Lets a signal be heard: the runs themselves block.
    await nextTurn();
    if (run > 0) for (const side of [0, 1]) results[side].push(pair[side]);
  }
  return results;
}
