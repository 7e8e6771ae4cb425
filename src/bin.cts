#!/usr/bin/env node
// CommonJS, since Node's loader for ES modules alone costs a quarter of a start.
import fs = require('node:fs');

/** What ends a run from outside, with the exit codes that a shell would give it. */
const interrupts = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** For a run to finish what is on its way, and to save it, once it is interrupted. */
const GRACE_MS = 8000;

/** A bug, which it is until the run has its result. */
const INTERNAL = 70;

function onInterrupt(callback: (code: number) => void): void {
  const signals = Object.keys(interrupts) as (keyof typeof interrupts)[];
  const stop = (signal: keyof typeof interrupts) => {
    // A second signal, of whatever kind, finds no handler and ends the process at once.
    for (const name of signals) process.off(name, stop);
    callback(interrupts[signal]);
    // What cannot be called off, such as a named pipe that nobody writes to, ends so too.
    setTimeout(() => process.kill(process.pid, signal), GRACE_MS).unref();
  };
  for (const name of signals) process.on(name, stop);
}

/** The commands that ask about each picture that they are given. */
const ASKING = ['describe', 'check', 'detect'];

/** So many words are names of files, most likely. */
const MANY_WORDS = 100;

/** The default. With many more calls on their way, a small space for short-lived objects costs memory and time. */
const MOST_AT_ONCE = 8;

/**
 * A word that leads to nothing, but may be a pattern. `MAY_BE_MAGIC` decides later; this one spares calls about one picture
 * the thread: prompts have blanks, JSON has quotes, and addresses may have anything.
 */
const PATTERN = /^(?!.*:\/\/)[^\s"]*[*?[{][^\s"]*$/;

/** Flags whose value may be a folder or a pattern, but names no pictures. */
const OTHER_NAMES = ['--exclude', '--sidecar-dir', '--backup'];

/**
 * Whether a run may be about many pictures, and would then need less memory in a thread of its own. One look at the
 * words of the command line tells, and nothing but memory and speed depends on what it takes them for.
 */
function mayBeLong(args: readonly string[]): boolean {
  // How a thread gets at the streams of the process was not tried on Windows.
  if (process.platform === 'win32' || !ASKING.some((command) => args.includes(command)))
    return false;
  if (callsAtOnce(args) > MOST_AT_ONCE) return false;
  return (
    args.length > MANY_WORDS ||
    args.some((word, at) => namesMany(word) && !OTHER_NAMES.includes(args[at - 1] ?? ''))
  );
}

/** What `-c` says; 0 without it. */
function callsAtOnce(args: readonly string[]): number {
  const counts = args.map((arg, at) => {
    // Other letters may stand before it: `-qc 16`.
    const [, count] = /^(?:-[a-z]*c|--concurrency=?)(\d*)$/i.exec(arg) ?? [];
    return Number(count === '' ? args[at + 1] : (count ?? 0));
  });
  return Math.max(0, ...counts.filter(Number.isInteger));
}

/** Whether a word is a list, a pattern or a folder. */
function namesMany(word: string): boolean {
  if (word.startsWith('-')) return word.startsWith('--files-from');
  try {
    const stats = fs.statSync(word, { throwIfNoEntry: false });
    return stats ? stats.isDirectory() : PATTERN.test(word);
  } catch {
    return false;
  }
}

async function run(args: readonly string[]): Promise<void> {
  if (mayBeLong(args)) {
    const { runApart } = await import('./start/apart.js');
    const thread = `${__dirname}/../dist/command-thread.cjs`;
    if (await runApart(thread, args, onInterrupt)) return;
  }
  const { runCommand } = await import('./start/command.js');
  await runCommand(args, {
    stdin: () => process.stdin,
    stdout: { stream: process.stdout, isTerminal: process.stdout.isTTY ?? false },
    stderr: { stream: process.stderr, isTerminal: process.stderr.isTTY ?? false },
    onInterrupt,
  });
}

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  // Scripts ask this often, so nothing else is loaded for it, not even the stream of stdout.
  const manifest: { version: string } = JSON.parse(
    fs.readFileSync(`${__dirname}/../package.json`, 'utf8'),
  );
  try {
    fs.writeSync(1, `${manifest.version}\n`);
  } catch (error) {
    const { code } = Object(error);
    if (code === 'EAGAIN') process.stdout.write(`${manifest.version}\n`);
    else if (code !== 'EPIPE') {
      process.stderr.write(`gemini-image: stdout cannot be written to: ${code}\n`);
      process.exitCode = 2;
    }
  }
} else {
  process.exitCode = INTERNAL;
  run(args).catch((error: unknown) => {
    const trace = error instanceof Error ? error.stack : String(error);
    process.stderr.write(`gemini-image: it cannot start; is its installation whole?\n${trace}\n`);
  });
}
