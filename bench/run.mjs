// npm run bench [-- --runs n]: exits 1 if a limit is missed. README.md says how to read it.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { command, comparisons, streamOnce } from './measures.mjs';
import { makePictures } from './pictures.mjs';
import { processesIn } from './processes.mjs';
import { comparisonRow, heading, machine, missed, printTable, streamRows } from './report.mjs';
import { startService } from './service.mjs';

const MIN_RUNS = 15;

const { values } = parseArgs({ options: { runs: { type: 'string', default: '21' } } });
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < MIN_RUNS) {
  throw new Error(`--runs takes a whole number of at least ${MIN_RUNS}`);
}

if (!existsSync(command)) throw new Error(`${command} is missing: npm run build`);

const folder = mkdtempSync(join(tmpdir(), 'gemini-image-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const service = await startService();
try {
  const processes = processesIn(folder);
  const pictures = makePictures(folder);
  console.log(`${machine()}\nmedian of ${runs} runs (middle half), taken in turn\n`);

  const rows = [heading];
  for (const comparison of comparisons(processes, service, pictures)) {
    const [candidate, floor] = await inTurn(comparison.candidate, comparison.floor);
    rows.push(comparisonRow(comparison, candidate, floor));
  }
  const streams = [];
  for (let run = 0; run < runs; run += 1) {
    streams.push(await streamOnce(processes, service, pictures.small));
  }
  rows.push(...streamRows(streams));

  printTable(rows);
  if (rows.some(missed)) process.exitCode = 1;
} finally {
  await service.stop();
}

/** Runs both, one after the other, again and again; the first time warms up and does not count. */
async function inTurn(candidate, floor) {
  const results = [[], []];
  for (let run = 0; run <= runs; run += 1) {
    const pair = [candidate(), floor()];
    // Lets a signal be heard: the runs themselves block.
    await nextTurn();
    if (run > 0) for (const side of [0, 1]) results[side].push(pair[side]);
  }
  return results;
}
