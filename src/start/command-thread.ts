// The thread in which long runs take place. It reads and writes the streams of the process itself, and hears through
// its port what only the main thread hears.
import { parentPort, workerData } from 'node:worker_threads';
import { runCommand } from './command.js';
import { openInput, openOutput } from './open-streams.js';

/** What the main thread tells: that a signal came, with the exit code for it, or the width of a terminal. */
export type ThreadMessage = { interrupted: number } | { descriptor: 1 | 2; columns: number };

const streams = { 1: openOutput(1), 2: openOutput(2) };
let onInterrupt: (code: number) => void;

function onMessage(message: ThreadMessage): void {
  if ('interrupted' in message) onInterrupt(message.interrupted);
  else {
    const stream = streams[message.descriptor];
    if ('columns' in stream) stream.columns = message.columns;
  }
}

function output(descriptor: 1 | 2) {
  const stream = streams[descriptor];
  return { stream, isTerminal: 'isTTY' in stream };
}

const args: readonly string[] = workerData;
void runCommand(args, {
  stdin: openInput,
  stdout: output(1),
  stderr: output(2),
  onInterrupt(callback) {
    onInterrupt = callback;
    parentPort?.on('message', onMessage);
    // It does not keep the thread alive.
    parentPort?.unref();
  },
});
