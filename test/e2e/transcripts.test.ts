/**
 * Whole runs, compared to the letter: `transcripts/*.txt` holds a command, its stdout, its stderr
 * and its exit code. UPDATE_TRANSCRIPTS=1 rewrites them; then read the difference.
 */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.js';
import { BIN, type Finished, REPOSITORY, startProgram } from '../support/command.js';
import { runInProcess } from '../support/in-process.js';

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
  for (const site of ['site', 'site-to-write']) {
    mkdirSync(join(home, site));
    writeFileSync(join(home, site, 'index.html'), PAGE);
    writeFileSync(join(home, site, 'notes.md'), '# Notes\n\n![image](boat.png)\n');
    copyFileSync(join(REPOSITORY, 'fixtures/small.png'), join(home, site, 'boat.png'));
  }
  emulator = await startEmulator();
});

/** A page for `alt`, with an image in each state. */
const PAGE = `<!DOCTYPE html>
<html lang="en">
<title>The harbour</title>
<h1>Boats</h1>
<p>Two of them are for sale.</p>
<a href="/sale"><img src=boat.png></a>
<img src="boat.png" alt="A red boat in the harbour"><img src="boat.png" alt="">
<img src="{{ page.image }}"><img src="../gone.png">
`;

afterAll(async () => {
  await emulator?.close();
  rmSync(home, { recursive: true, force: true });
});

interface Transcript {
  name: string;
  /** Comment lines, each beginning with #. */
  comment: string;
  command: string;
  expected: string;
}

const transcripts = names.map((name): Transcript => {
  const expected = readFileSync(join(folder, name), 'utf8');
  const [, comment = '', command = ''] = /^((?:#.*\n)*)\$ (.*)\n/.exec(expected) ?? [];
  return { name, comment, command, expected };
});

/** A command line that needs no shell: words after `gemini-image`, and variables before it. */
interface PlainCommand {
  args: string[];
  env: Record<string, string>;
}

const plain: [name: string, Transcript, PlainCommand][] = [];
const shells: [name: string, Transcript][] = [];
for (const transcript of transcripts) {
  const words = plainWords(transcript.command);
  const at = words?.indexOf('gemini-image') ?? -1;
  const variables = words?.slice(0, at).map((word) => /^([A-Z_]+)=(.*)$/s.exec(word)) ?? [];
  const env = variables.map((match) => [match?.[1] ?? '', match?.[2] ?? '']);
  if (at === -1 || !words || variables.includes(null)) shells.push([transcript.name, transcript]);
  else {
    const command = { args: words.slice(at + 1), env: Object.fromEntries(env) };
    plain.push([transcript.name, transcript, command]);
  }
}

/** The words of a line as bash has them; undefined where it would do more than take off quotes. */
function plainWords(line: string): string[] | undefined {
  const words: string[] = [];
  const word = /(?:'[^']*'|"[^"$`\\]*"|\$EMULATOR\b|[\w./:=@%,+^-]|[\u0080-\uffff])+/y;
  for (let at = 0; at < line.length; at = word.lastIndex + 1) {
    word.lastIndex = at;
    const [found] = word.exec(line) ?? [];
    if (found === undefined || !(line[word.lastIndex] ?? ' ').startsWith(' ')) return undefined;
    words.push(found.replace(/'([^']*)'|"([^"]*)"/g, (_, one = '', two = '') => one + two));
  }
  return words;
}

test('every transcript begins with a command', () => {
  expect(transcripts.filter(({ command }) => command === '').map(({ name }) => name)).toEqual([]);
  // Most say as much without a process of their own; pipes, redirections and signals need one.
  expect(plain.length).toBeGreaterThan(shells.length);
});

test.each(plain)('%s', async (_, transcript, { args, env }) => {
  const url = emulator?.url ?? '';
  const finished = await runInProcess(
    args.map((word) => word.replace('$EMULATOR', url)),
    { cwd: home, env: { ...env, EMULATOR: url } },
  );
  await compare(transcript, finished);
});

test.concurrent.each(shells)('%s', async (_, transcript) => {
  const finished = await startProgram('bash', ['--norc', '-c', transcript.command], {
    cwd: home,
    env: {
      PATH: [join(home, 'bin'), dirname(process.execPath), process.env.PATH].join(delimiter),
      EMULATOR: emulator?.url ?? '',
    },
  }).finished;
  await compare(transcript, finished);
});

async function compare(
  { name, comment, command, expected }: Transcript,
  { code, stdout, stderr }: Pick<Finished, 'code' | 'stdout' | 'stderr'>,
): Promise<void> {
  const actual = [
    `${comment}$ ${command}`,
    `--- stdout\n${steady(stdout)}--- stderr\n${steady(stderr)}--- exit code\n${code}\n`,
  ].join('\n');
  if (update) await writeFile(join(folder, name), actual);
  else expect(actual).toBe(expected);
}

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
