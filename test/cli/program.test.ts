import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../src/cli/program.js';
import { commands } from '../../src/commands/commands.js';
import type { GeminiImageError } from '../../src/domain/error.js';

/** The flags of a command line that is understood. */
function flags(...args: string[]) {
  const parsed = parseCommandLine(args);
  return 'flags' in parsed ? parsed.flags : undefined;
}

function complaint(...args: string[]): GeminiImageError {
  try {
    parseCommandLine(args);
  } catch (error) {
    return error as GeminiImageError;
  }
  return expect.unreachable('it was understood');
}

const DEFAULTS = { concurrency: 8, color: true };

test('describe has its defaults', () => {
  expect(flags('describe', 'a.png')).toEqual(DEFAULTS);
});

test('every flag is understood, short and long, before and after the pictures', () => {
  const short = ['-p', 'Why?', '-m', 'm', '-f', 'json', '-o', 'out', '-q', '-r', '-0'];
  const long = ['--retries', '0', '--timeout', '0.5', '--base-url', 'https://x', '--no-color'];
  const bare = ['--stream', '--dry-run', '--offline', '--debug', '--together'];
  const web = ['--allow-private-hosts'];
  expect(flags('describe', ...short, 'a.png', ...long, 'b.png', ...bare, ...web)).toEqual({
    recursive: true,
    null: true,
    together: true,
    allowPrivateHosts: true,
    concurrency: 8,
    prompt: 'Why?',
    model: 'm',
    format: 'json',
    output: 'out',
    quiet: true,
    retries: 0,
    timeout: 0.5,
    baseUrl: 'https://x',
    color: false,
    stream: true,
    dryRun: true,
    offline: true,
    debug: true,
  });
});

test('describe takes flags for what is sent', () => {
  const sent = ['--files-from', '-', '--max-edge', '0', '--keep-metadata'];
  expect(flags('describe', ...sent)).toMatchObject({
    filesFrom: '-',
    maxEdge: 0,
    keepMetadata: true,
  });
  expect(flags('describe', 'a.png', '--original')).toMatchObject({ original: true });
});

test('describe takes flags for many pictures', () => {
  const pace = ['-c', '32', '--rpm', '15', '--tpm', '250000', '--max-cost', '$0.50'];
  const ends = ['--limit', '10', '--fail-fast', '--failed', 'failed.txt', '--overwrite', '--cache'];
  const files = ['--sidecar-dir', 'out', '--prefix', 'a ', '--suffix', ' b'];
  expect(flags('describe', 'a.png', ...pace, ...ends, ...files)).toMatchObject({
    concurrency: 32,
    rpm: 15,
    tpm: 250_000,
    maxCost: 0.5,
    limit: 10,
    failFast: true,
    failed: 'failed.txt',
    overwrite: true,
    cache: true,
    sidecarDir: 'out',
    prefix: 'a ',
    suffix: ' b',
  });
  expect(flags('describe', 'a.png', '--sidecar')).toMatchObject({ sidecar: true });
  expect(flags('describe', 'a.png', '--sidecar=caption')).toMatchObject({ sidecar: 'caption' });
});

test.each([
  ['--concurrency', '0'],
  ['--concurrency', '1001'],
  ['--rpm', '0'],
  ['--tpm', '-1'],
  ['--limit', '0'],
  ['--max-cost', '0'],
  ['--max-cost', 'much'],
  ['--max-cost', ''],
  ['--retries', '-1'],
  ['--retries', '1.5'],
  ['--retries', '101'],
  ['--retries', ''],
  ['--retries', '1e1'],
  ['--retries', 'many'],
  ['--timeout', '0'],
  ['--timeout', '-3'],
  ['--timeout', '86401'],
  ['--timeout', 'Infinity'],
  ['--timeout', 'NaN'],
  ['--timeout', ' '],
  ['--format', 'yaml'],
  ['--max-edge', '-1'],
  ['--max-edge', '1e3'],
])('describe %s %j is refused', (flag, value) => {
  const { kind, message, hint } = complaint('describe', 'a.png', flag, value);
  expect(kind).toBe('usage');
  expect(message).toContain(`${flag} `);
  expect(message).toContain(`'${value}'`);
  expect(hint).toBe('gemini-image describe --help says what there is.');
});

test.each([
  ['--port', '65536'],
  ['--latency', '1.5'],
  ['--fail', '429'],
  ['--fail', '429:'],
  ['--fail', '429:0'],
  ['--fail', '429:1.1'],
  ['--fail', '399:1'],
  ['--fail', '600:1'],
])('emulator %s %s is refused', (flag, value) => {
  expect(complaint('emulator', flag, value)).toMatchObject({ kind: 'usage' });
});

test('emulator --fail may be repeated', () => {
  const rules = ['--fail', '429:.5', '--fail', '503:1'];
  expect(flags('emulator', ...rules)).toMatchObject({
    fail: [
      { status: 429, share: 0.5 },
      { status: 503, share: 1 },
    ],
  });
});

describe('a mistake', () => {
  test('in a word gets a guess', () => {
    expect(complaint('describ')).toMatchObject({
      message: "unknown command 'describ'",
      hint: 'Did you mean describe?',
    });
    expect(complaint('describe', '--offlin')).toMatchObject({
      message: "unknown option '--offlin'",
      hint: 'Did you mean --offline?',
    });
  });

  test('without a guess points to the help of its command', () => {
    expect(complaint('--loudly').hint).toBe('gemini-image --help says what there is.');
    expect(complaint('emulator', '--loudly').hint).toBe(
      'gemini-image emulator --help says what there is.',
    );
  });

  test('is quoted whole, whatever it holds', () => {
    expect(complaint('describe', '--a\n(b)').message).toBe("unknown option '--a\n(b)'");
  });
});

describe('help', () => {
  const print = (...args: string[]) => {
    const parsed = parseCommandLine(args);
    return 'print' in parsed ? parsed.print : '';
  };

  test('lists the commands', () => {
    const listed = [...print('--help').matchAll(/^ {2}([a-z]+) (?:\[options\]| )/gm)];
    expect(listed.map(([, name]) => name)).toEqual([
      ...['describe', 'check', 'detect', 'batch', 'merge', 'export', 'show', 'write', 'styles'],
      ...['cache', 'emulator'],
    ]);
    expect(listed).toHaveLength(commands.length);
  });

  test('of describe names every flag of the contract', () => {
    const help = print('describe', '--help');
    for (const flag of [
      '-p, --prompt <text>',
      '-m, --model <name>',
      '--stream',
      '-f, --format <format>',
      '-o, --output <file>',
      '--retries <n>',
      '--timeout <seconds>',
      '--dry-run',
      '--offline',
      '--base-url <url>',
      '-q, --quiet',
      '--debug',
      '--no-color',
      '-h, --help',
    ]) {
      expect(help).toContain(`  ${flag} `);
    }
  });

  test('fits into 80 columns, except for its examples', () => {
    const [options = ''] = print('describe', '-h').split('Examples:');
    expect(Math.max(...options.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});
