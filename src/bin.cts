#!/usr/bin/env node
// CommonJS, since Node's loader for ES modules alone costs a quarter of a start.
import fs = require('node:fs');

/** What ends a run from outside, with the exit codes that a shell would give it. */
const interrupts = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** For a run to save what is finished once it is interrupted. */
const GRACE_MS = 5000;

/** A bug; also what a run that never ends leaves behind, so that it cannot pass for a success. */
const INTERNAL = 70;

/** Whether a file descriptor holds data to read: a pipe, a socket or a file, not a terminal. */
function isData(descriptor: number): boolean {
  try {
    const stats = fs.fstatSync(descriptor);
    return stats.isFIFO() || stats.isSocket() || stats.isFile();
  } catch {
    return false;
  }
}

async function run(args: readonly string[]): Promise<number> {
  const { main } = await import('./cli/main.js');
  return main({
    args,
    env: process.env,
    folder: '.',
    stdin: { stream: () => process.stdin, isData: isData(0) },
    stdout: { stream: process.stdout, isTerminal: process.stdout.isTTY ?? false },
    stderr: { stream: process.stderr, isTerminal: process.stderr.isTTY ?? false },
    onInterrupt(callback) {
      const signals = Object.keys(interrupts) as (keyof typeof interrupts)[];
      const stop = (signal: keyof typeof interrupts) => {
        // A second signal, of whatever kind, finds no handler and ends the process at once.
        for (const name of signals) process.off(name, stop);
        callback(interrupts[signal]);
        // What cannot be called off, such as a named pipe that nobody writes to, ends so too.
        setTimeout(() => process.kill(process.pid, signal), GRACE_MS).unref();
      };
      for (const name of signals) process.on(name, stop);
    },
    onCrash(callback) {
      process.on('uncaughtException', (error) => {
        callback(error);
        process.exitCode = INTERNAL;
      });
    },
  });
}

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  // Scripts ask this often, and nothing else needs to be loaded for it.
  const { version }: { version: string } = require('../package.json');
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return;
    process.stderr.write(`gemini-image: stdout cannot be written to: ${code}\n`);
    process.exitCode = 2;
  });
  process.stdout.write(`${version}\n`);
} else {
  process.exitCode = INTERNAL;
  const onUnsettled = () => {
    fs.writeSync(2, 'gemini-image: a bug: the run ended without a result\n');
  };
  process.once('exit', onUnsettled);
  run(args).then(
    (code) => {
      process.off('exit', onUnsettled);
      process.exitCode = code;
    },
    (error: unknown) => {
      process.off('exit', onUnsettled);
      const trace = error instanceof Error ? error.stack : String(error);
      process.stderr.write(`gemini-image: it cannot start; is its installation whole?\n${trace}\n`);
    },
  );
}
