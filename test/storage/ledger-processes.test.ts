/** Several processes, and ones that end in the middle. */
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lock, openLocked } from '../../src/storage/ledger/open-locked.js';
import { startProgram } from '../support/command.js';
import { temporaryFolder } from '../support/files.js';
import { finishedIn, lineOf, okRecord, open, resultsFile } from '../support/ledgers.js';
import { listening } from '../support/said.js';

const CHILD = fileURLToPath(new URL('../support/ledger-child.mjs', import.meta.url));

/** What this process has open, on Linux. */
const DESCRIPTORS = '/proc/self/fd';

async function startChild(work: 'hold' | 'append', path: string) {
  const running = startProgram(process.execPath, [CHILD, work, path]);
  onTestFinished(() => void running.child.kill('SIGKILL'));
  await running.printed((stdout) => stdout.startsWith('open\n'));
  return running;
}

test('two runs do not write one file, and a killed run does not block the next', async () => {
  const content = lineOf(okRecord('a.png')) + lineOf(okRecord('b.png')).slice(0, 50);
  const { path } = resultsFile('');
  const { child, finished } = await startChild('hold', path);
  // What is torn now may be what the other run is writing.
  writeFileSync(path, content);
  const before = statSync(path).mtimeMs;
  for (const overwrite of [false, true]) {
    await expect(open(path, { overwrite })).rejects.toMatchObject({
      kind: 'usage',
      message: `${path} is being written by another run`,
      hint: 'Wait until that is finished, or name another file with -o.',
    });
  }
  expect(readFileSync(path, 'utf8')).toBe(content);
  expect(statSync(path).mtimeMs).toBe(before);
  child.kill('SIGKILL');
  await finished;
  const ledger = await open(path);
  expect(finishedIn(ledger, path)).toBe(1);
  await ledger.close();
});

test('of two runs that make the file at once, one gets it', async () => {
  const path = join(temporaryFolder(), 'new.jsonl');
  const opened = await Promise.allSettled(Array.from({ length: 8 }, () => open(path)));
  const won = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(won).toHaveLength(1);
  await won[0]?.append(okRecord('a.png'));
  await won[0]?.close();
  expect(readFileSync(path, 'utf8')).toBe(lineOf(okRecord('a.png')));
});

describe.skipIf(!existsSync(DESCRIPTORS))(
  'a file is not at its place any more once it is locked',
  () => {
    test.each<[string, (path: string) => void]>([
      ['another run has replaced it', (path) => renameSync(`${path}.new`, path)],
      ['another run has removed it', (path) => rmSync(path)],
    ])('%s', async (_, change) => {
      const { path } = resultsFile(lineOf(okRecord('a.png')));
      writeFileSync(`${path}.new`, '');
      const opening = openLocked(path, path);
      // The opening goes on in another thread, the locking waits for this one.
      while (!readdirSync(DESCRIPTORS).some((name) => leadsTo(join(DESCRIPTORS, name), path)));
      change(path);
      const { file } = await opening;
      expect((await file.stat()).ino).toBe(statSync(path).ino);
      await expect(open(path)).rejects.toMatchObject({
        message: `${path} is being written by another run`,
      });
      await file.close();
    });
  },
);

function leadsTo(link: string, path: string): boolean {
  try {
    return readlinkSync(link) === path;
  } catch {
    return false;
  }
}

test('a lock is released at the end, even if opening fails', async () => {
  const { path } = resultsFile('Dear diary,\n');
  for (let time = 0; time < 3; time += 1) {
    await expect(open(path)).rejects.toMatchObject({
      message: expect.stringContaining('is no results file'),
    });
  }
});

test('a run that is killed while it writes leaves every record that it had written', async () => {
  const path = join(temporaryFolder(), 'captions.jsonl');
  for (const enough of [1, 40, 150]) {
    const { child, finished, printed } = await startChild('append', path);
    await printed((stdout) => stdout.includes(`\n${enough}\n`));
    child.kill('SIGKILL');
    const { stdout } = await finished;
    const written = stdout.split('\n').length - 2;
    await (await open(path)).close();
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines.pop()).toBe('');
    const last = lines
      .map((line) => JSON.parse(line))
      .findLastIndex(({ image }) => image === '1.png');
    expect(lines.length - last).toBeGreaterThanOrEqual(written);
  }
});

test('on a full disk the file ends with the last whole record, and the run gets an error', async () => {
  const path = join(temporaryFolder(), 'captions.jsonl');
  // Blocks of 1024 bytes: the system writes as much as fits of a line, and then refuses.
  const words = ['-c', 'ulimit -f 16; exec "$@"', 'bash', process.execPath, CHILD, 'append', path];
  const { code, stdout } = await startProgram('bash', words).finished;
  expect(code).toBe(0);
  const counts = stdout.split('\n');
  const message = `${path} cannot be written: the file would be too large`;
  expect(JSON.parse(counts.pop() ?? '')).toEqual({
    kind: 'usage',
    message,
    hint: 'See to that and run the same command again: what is in the file is kept.',
    endsRun: true,
    again: message,
  });
  const written = counts.length - 1;
  const lines = readFileSync(path, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map((line) => JSON.parse(line).image)).toEqual(
    Array.from({ length: written }, (_, index) => `${index + 1}.png`),
  );
  expect(written).toBeGreaterThan(10);
  const ledger = await open(path, {
    tell: listening((what) => expect(what).toBeUndefined(), 'ledgerRepaired'),
  });
  await ledger.append(okRecord('a.png'));
  await ledger.close();
});

test('if a file cannot be locked, the reason is given', () => {
  const { path } = resultsFile('');
  const readOnly = openSync(path, 'r');
  expect(lock(readOnly)).toEqual({ unavailable: 'the file system does not lock files (EBADF)' });
  closeSync(readOnly);
});
