#!/usr/bin/env node
// CommonJS, since Node's loader for ES modules alone costs a quarter of a start.
import fs = require('node:fs');

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
      // Once: a second signal finds no handler and ends the process at once.
      process.once('SIGINT', () => callback(130));
      process.once('SIGTERM', () => callback(143));
      process.once('SIGHUP', () => callback(129));
    },
    onCrash: (callback) => void process.on('uncaughtException', callback),
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
  run(args).then((code) => {
    process.exitCode = code;
  });
}
