// node bench/review.mjs [records]: what the page of `review` takes with a large ledger, in Chromium. Exits 1 if a limit is
// missed; README.md says how to read it.
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { command, script } from './built.mjs';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (spawnSync(executablePath, ['--version'], { stdio: 'ignore' }).status !== 0) {
  console.warn(`skipped: the page of review, since ${executablePath} is not installed`);
  process.exit(0);
}
if (!existsSync(command)) throw new Error(`${command} is missing: npm run build`);

const RECORDS = Number(process.argv[2] ?? 100_000);
const FEW = 1000;
/** So many pictures are there, which is more than are scrolled by. */
const PICTURES = 500;
const FRAMES = 240;
/** In pixels of a frame: a quick turn of the wheel. */
const STEP = 60;

const folder = mkdtempSync(join(tmpdir(), 'gemini-image-bench-review-'));
process.once('exit', () => rmSync(folder, { recursive: true }));

function recordAt(at) {
  const words = `Picture ${at} shows a red boat at a pier in the evening, with ${at % 97} gulls above it.`;
  const asked = { style: 'alt', lang: 'en', prompt: 'Write alternative text for this image' };
  return JSON.stringify({
    ...{ image: `${at}.jpg`, mimeType: 'image/jpeg', width: 1280, height: 853, size: 200_000 },
    ...{ mtime: '2026-01-01T00:00:00.000Z', sha256: String(at).padStart(64, '0') },
    sent: { mimeType: 'image/jpeg', width: 1280, height: 853, bytes: 200_000, changes: [] },
    ...{ status: 'ok', text: words, finishReason: 'STOP', model: 'gemini-3.5-flash-lite', asked },
    usage: { inputTokens: 1100, outputTokens: 25, thoughtTokens: 0, cachedTokens: 0 },
    ...{ costUsd: 0.0003, request: 'fedcba9876543210', durationMs: 800 },
  });
}

function ledgerOf(count) {
  const path = join(folder, `${count}.jsonl`);
  writeFileSync(path, '');
  for (let at = 0; at < count; at += FEW) {
    const lines = Array.from({ length: FEW }, (_, index) => recordAt(at + index));
    appendFileSync(path, `${lines.join('\n')}\n`);
  }
  return path;
}

for (let at = 0; at < PICTURES; at += 1) {
  linkOrCopy(join(folder, `${at}.jpg`));
}
function linkOrCopy(path) {
  try {
    linkSync(script('../fixtures/harbor.jpg'), path);
  } catch {
    writeFileSync(path, readFileSync(script('../fixtures/harbor.jpg')));
  }
}

/** Of Linux alone; elsewhere, memory is not told. */
const memoryOf = (pid) => {
  try {
    const [, kb] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kb) / 1024;
  } catch {
    return Number.NaN;
  }
};
/** CPU time, in milliseconds. */
const cpuOf = (pid) => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Number.NaN;
  }
};
/** What the tabs have for themselves: not the program, which all of them share. */
async function memoryOfTab(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const all = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => privateOf(id));
  return Math.max(...all);
}

function privateOf(pid) {
  try {
    const smaps = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const [, kb] = /^Pss:\s+(\d+)/m.exec(smaps) ?? [];
    return Number(kb) / 1024;
  } catch {
    return Number.NaN;
  }
}

async function startReview(ledger) {
  const began = performance.now();
  const child = spawn(process.execPath, [command, 'review', ledger, '--no-open', '--port', '0'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, XDG_CACHE_HOME: folder },
  });
  const url = await new Promise((done) =>
    child.stdout.once('data', (data) => done(String(data).trim())),
  );
  return { child, url, ms: performance.now() - began };
}

const rows = [];
function row(name, value, unit, limit) {
  const isMissed = limit !== undefined && !(value <= limit);
  rows.push({
    name,
    value: `${value.toFixed(unit === 'ms' ? 1 : 0)} ${unit}`,
    limit: limit === undefined ? '' : `${limit} ${unit}${isMissed ? ' MISSED' : ''}`,
  });
  if (isMissed && Number.isFinite(value)) process.exitCode = 1;
}

const few = await startReview(ledgerOf(FEW));
const little = memoryOf(few.child.pid);
few.child.kill('SIGINT');

const server = await startReview(ledgerOf(RECORDS));
row('from the command to the address', server.ms, 'ms');
row('the same, CPU time', cpuOf(server.child.pid), 'ms', 2000);
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox'],
});
try {
  const page = await (
    await browser.newContext({ viewport: { width: 1600, height: 1000 } })
  ).newPage();
  await page.goto('about:blank');
  const session = await page.context().newCDPSession(page);
  // CPU time, which does not grow when other programs are busy.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const metrics = async () =>
    Object.fromEntries(
      (await session.send('Performance.getMetrics')).metrics.map(({ name, value }) => [
        name,
        value,
      ]),
    );
  const before = cpuOf(server.child.pid);
  const began = performance.now();
  await page.goto(server.url);
  await page.getByText('Picture 0 shows').waitFor();
  row('from the address to the first words', performance.now() - began, 'ms', 2000);
  row('the same, CPU time of the page', (await metrics()).TaskDuration * 1000, 'ms');
  await page.getByText(`${RECORDS.toLocaleString('en')} not reviewed`).waitFor();
  row('the counts of all, CPU time of the server', cpuOf(server.child.pid) - before, 'ms', 6000);

  const tasks = await metrics();
  const gaps = await page.evaluate(`new Promise((done) => {
    const grid = document.querySelector('.grid');
    const gaps = [];
    let last = performance.now();
    const frame = (now) => {
      gaps.push(now - last);
      last = now;
      grid.scrollTop += ${STEP};
      if (gaps.length <= ${FRAMES}) requestAnimationFrame(frame);
      else done(gaps.slice(1).sort((one, other) => one - other));
    };
    requestAnimationFrame(frame);
  })`);
  const after = await metrics();
  const at = (share) => gaps[Math.floor(gaps.length * share)];
  row('scrolling: the middle gap between frames', at(0.5), 'ms', 17);
  row('scrolling: the gap that one in twenty is above', at(0.95), 'ms');
  row(
    'scrolling: CPU time of the page for a frame',
    ((after.TaskDuration - tasks.TaskDuration) * 1000) / FRAMES,
    'ms',
    16.7,
  );
  for (const share of [0.3, 0.6, 1]) {
    await page.evaluate(
      `(() => { const grid = document.querySelector('.grid'); grid.scrollTop = grid.scrollHeight * ${share}; })()`,
    );
    await page.locator('.card .words').first().waitFor();
  }
  const searched = cpuOf(server.child.pid);
  await page.locator('#search').fill(`Picture ${RECORDS - 7} shows`);
  await page.getByText('1 of ').waitFor();
  row('finding words in all, CPU time of the server', cpuOf(server.child.pid) - searched, 'ms');
  const { JSHeapUsedSize } = await metrics();
  row('memory of the tab: JavaScript', JSHeapUsedSize / 2 ** 20, 'MB');
  row('memory of the tab: all of its own', await memoryOfTab(browser), 'MB', 300);
  const much = memoryOf(server.child.pid);
  row(`memory of the server, ${FEW} records`, little, 'MB');
  row('memory of the server', much, 'MB', 200);
} finally {
  await browser.close();
  server.child.kill('SIGINT');
}
const wide = Math.max(...rows.map(({ name }) => name.length));
console.log(`${RECORDS.toLocaleString('en')} records`);
for (const { name, value, limit } of rows)
  console.log(`${name.padEnd(wide)}  ${value.padStart(10)}  ${limit}`);
