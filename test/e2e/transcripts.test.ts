/**
 * Whole runs, compared to the letter: `transcripts/*.txt` holds a command, its stdout, its stderr
 * and its exit code. UPDATE_TRANSCRIPTS=1 rewrites them; then read the difference.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.js';
import { BIN, REPOSITORY, startProgram } from '../support/command.js';

const folder = fileURLToPath(new URL('transcripts/', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));
const update = process.env.UPDATE_TRANSCRIPTS === '1';
const version: string = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')).version;

let home = '';
let emulator: Emulator | undefined;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'gemini-image-transcripts-'));
  mkdirSync(join(home, 'bin'));
  mkdirSync(join(home, 'empty-folder'));
  symlinkSync(BIN, join(home, 'bin/gemini-image'));
  for (const name of ['fixtures', 'LICENSE']) symlinkSync(join(REPOSITORY, name), join(home, name));
  emulator = await startEmulator();
});

afterAll(async () => {
  await emulator?.close();
  rmSync(home, { recursive: true, force: true });
});

test.concurrent.each(names)('%s', async (name) => {
  const path = join(folder, name);
  const expected = readFileSync(path, 'utf8');
  // Comment lines, each beginning with #, then the command after $.
  const [, comment = '', command = ''] = /^((?:#.*\n)*)\$ (.*)\n/.exec(expected) ?? [];
  expect(command, `${name} begins with a command`).not.toBe('');
  const { code, stdout, stderr } = await startProgram('bash', ['--norc', '-c', command], {
    cwd: home,
    env: {
      PATH: [join(home, 'bin'), dirname(process.execPath), process.env.PATH].join(delimiter),
      EMULATOR: emulator?.url ?? '',
    },
  }).finished;
  const actual = [
    `${comment}$ ${command}`,
    `--- stdout\n${steady(stdout)}--- stderr\n${steady(stderr)}--- exit code\n${code}\n`,
  ].join('\n');
  if (update) await writeFile(path, actual);
  else expect(actual).toBe(expected);
});

/** Puts words in the place of what differs from run to run, and says where a last newline lacks. */
function steady(text: string): string {
  const same = text
    .replaceAll(version, '<version>')
    .replace(/("durationMs": ?)\d+/g, '$1<ms>')
    .replace(/("(?:s|pictureS)ha256": ?)"[\da-f]{64}"/g, '$1"<sha256>"')
    .replace(/("mtime": ?)"[^"]*"/g, '$1"<time>"')
    .replace(/^took .*$/gm, 'took <time>')
    .replace(/<\d+ bytes>/g, '<<n> bytes>')
    .replace(/("bytes": ?)\d+/g, '$1<n>')
    .replaceAll(emulator?.url ?? '', '<emulator>');
  return same === '' || same.endsWith('\n') ? same : `${same}<no newline>\n`;
}
