import { Command, type Option } from 'commander';
import { describe, expect, test } from 'vitest';
import {
  type DescribeFlags,
  describeCommand,
  describeOptions,
} from '../../../src/commands/describe.js';
import { namedInputs, runOptions } from '../../../src/commands/flags/run-flags.js';

/**
 * Of these, what a run does knows nothing: they say whether it is one, how it is shown, and what the command
 * itself gives it along.
 */
const NOT_FOLDED = [
  ...['dryRun', 'quiet', 'debug', 'color', 'know', 'progress', 'preset', 'config'],
  ...['write', 'into', 'merge', 'map', 'mapFile', 'xmpName', 'backup', 'keepTimes'],
];

/** Flags that say nothing without another one. */
const BESIDES: Readonly<Record<string, readonly string[]>> = {
  prefix: ['--sidecar'],
  suffix: ['--sidecar'],
  sidecarName: ['--sidecar'],
  null: ['--failed', 'x'],
  shards: ['--shard', 'auto'],
  wait: ['--batch'],
  batchSize: ['--batch'],
  repair: ['--batch'],
  rescue: ['--batch'],
  vocabPaths: ['--vocab', 'words.txt'],
};

/** Where 101 is none that the flag takes. */
const VALUES: Readonly<Record<string, string>> = {
  background: 'navy',
  retries: '3',
  temperature: '1.5',
  shard: '2/8',
  group: '{stem}-*',
  pages: 'all',
  rescue: '6h',
  by: '+6h',
  delimiter: ';',
};

/** The flags of `describe` as commander reads them, and those that there are. */
function read(args: readonly string[]): {
  flags: DescribeFlags;
  images: readonly string[];
  options: readonly Option[];
} {
  const program = new Command().exitOverride();
  const command = program.command('describe');
  describeCommand.define(command, () => {});
  program.parse(['describe', 'a.png', ...args], { from: 'user' });
  return { flags: command.opts(), images: command.args, options: command.options };
}

/** What those flags come to. */
function folded(args: readonly string[]) {
  const { flags, images } = read(args);
  const inputs = namedInputs(images, flags, {
    stdin: { stream: () => expect.unreachable('nothing is read'), isData: false },
  });
  return { run: runOptions(inputs, flags), task: describeOptions(flags) };
}

/** A word that the flag takes, and that is not its default. */
function valueFor(option: Option): string[] {
  if (!option.required) return [];
  return [VALUES[option.attributeName()] ?? option.argChoices?.at(-1) ?? '101'];
}

const options = read([]).options.filter((one) => !NOT_FOLDED.includes(one.attributeName()));

describe('every flag of describe sets an option', () => {
  test.each(options.map((one) => [one.long ?? '', one] as const))('%s', (long, option) => {
    const besides = BESIDES[option.attributeName()] ?? [];
    expect(folded([...besides, long, ...valueFor(option)])).not.toEqual(folded(besides));
  });

  test('and there are many flags', () => {
    expect(options.length).toBeGreaterThan(40);
  });
});

test('the options are in plain units', () => {
  const { run } = folded(['--timeout', '0.5', '--decode-timeout', '2', '--decode-memory', '300']);
  expect(run.limits.timeoutMs).toBe(500);
  expect(run.load.decodeLimits).toEqual({ timeoutMs: 2000, memoryBytes: 300e6 });
});

test('without flags, nothing is limited, replaced or added', () => {
  const { run } = folded([]);
  expect(run.find).toMatchObject({ images: ['a.png'], recursive: false });
  expect(run.limits).toMatchObject({ pictures: undefined, costUsd: undefined, failFast: false });
  expect(run.outputs).toEqual({
    format: undefined,
    file: undefined,
    sidecars: undefined,
    failed: undefined,
    overwrite: false,
    redo: false,
    redoFailed: false,
    redoRejected: false,
  });
});
