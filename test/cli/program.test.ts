import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../src/cli/program.js';
import { commands } from '../../src/commands/commands.js';
import type { GeminiImageError } from '../../src/domain/error.js';

/** The flags of a command line that is understood. */
async function flags(...args: string[]) {
  const parsed = await parseCommandLine(args);
  return 'flags' in parsed ? parsed.flags : undefined;
}

async function complaint(...args: string[]): Promise<GeminiImageError> {
  try {
    await parseCommandLine(args);
  } catch (error) {
    return error as GeminiImageError;
  }
  return expect.unreachable('it was understood');
}

const DEFAULTS = { concurrency: 8, color: true, config: true };

test('describe has its defaults', async () => {
  expect(await flags('describe', 'a.png')).toEqual(DEFAULTS);
});

test('every flag is understood, short and long, before and after the pictures', async () => {
  const short = ['-p', 'Why?', '-m', 'm', '-f', 'json', '-o', 'out', '-q', '-r', '-0'];
  const long = ['--retries', '0', '--timeout', '0.5', '--base-url', 'https://x', '--no-color'];
  const bare = ['--stream', '--dry-run', '--offline', '--debug', '--together'];
  const web = ['--allow-private-hosts'];
  expect(await flags('describe', ...short, 'a.png', ...long, 'b.png', ...bare, ...web)).toEqual({
    recursive: true,
    null: true,
    together: true,
    allowPrivateHosts: true,
    concurrency: 8,
    config: true,
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

test('describe takes flags for what is sent', async () => {
  const sent = ['--files-from', '-', '--max-edge', '0', '--keep-metadata'];
  expect(await flags('describe', ...sent)).toMatchObject({
    filesFrom: '-',
    maxEdge: 0,
    keepMetadata: true,
  });
  expect(await flags('describe', 'a.png', '--original')).toMatchObject({ original: true });
});

test('describe takes flags for many pictures', async () => {
  const pace = ['-c', '32', '--rpm', '15', '--tpm', '250000', '--max-cost', '$0.50'];
  const ends = ['--limit', '10', '--fail-fast', '--failed', 'failed.txt', '--overwrite', '--cache'];
  const files = ['--sidecar-dir', 'out', '--prefix', 'a ', '--suffix', ' b'];
  expect(await flags('describe', 'a.png', ...pace, ...ends, ...files)).toMatchObject({
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
  expect(await flags('describe', 'a.png', '--sidecar')).toMatchObject({ sidecar: true });
  expect(await flags('describe', 'a.png', '--sidecar=caption')).toMatchObject({
    sidecar: 'caption',
  });
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
])('describe %s %j is refused', async (flag, value) => {
  const { kind, message, hint } = await complaint('describe', 'a.png', flag, value);
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
])('emulator %s %s is refused', async (flag, value) => {
  expect(await complaint('emulator', flag, value)).toMatchObject({ kind: 'usage' });
});

test('emulator --fail may be repeated', async () => {
  const rules = ['--fail', '429:.5', '--fail', '503:1'];
  expect(await flags('emulator', ...rules)).toMatchObject({
    fail: [
      { status: 429, share: 0.5 },
      { status: 503, share: 1 },
    ],
  });
});

describe('a mistake', () => {
  test('in a word gets a guess', async () => {
    expect(await complaint('describ')).toMatchObject({
      message: "unknown command 'describ'",
      hint: 'Did you mean describe?',
    });
    expect(await complaint('describe', '--offlin')).toMatchObject({
      message: "unknown option '--offlin'",
      hint: 'Did you mean --offline?',
    });
  });

  test('without a guess points to the help of its command', async () => {
    expect((await complaint('--loudly')).hint).toBe('gemini-image --help says what there is.');
    expect((await complaint('emulator', '--loudly')).hint).toBe(
      'gemini-image emulator --help says what there is.',
    );
  });

  test('is quoted whole, whatever it holds', async () => {
    expect((await complaint('describe', '--a\n(b)')).message).toBe("unknown option '--a\n(b)'");
  });
});

describe('help', () => {
  const print = async (...args: string[]) => {
    const parsed = await parseCommandLine(args);
    return 'print' in parsed ? parsed.print : '';
  };

  test('lists the commands', async () => {
    const listed = [...(await print('--help')).matchAll(/^ {2}([a-z]+) (?:\[options\]| )/gm)];
    expect(listed.map(([, name]) => name)).toEqual([
      ...['describe', 'check', 'detect', 'alt', 'batch', 'merge', 'export', 'review'],
      ...['show', 'write', 'styles', 'models', 'demo', 'doctor', 'config', 'completion', 'cache'],
      'emulator',
    ]);
    expect(listed).toHaveLength(commands.length);
  });

  test('of describe names every flag of the contract', async () => {
    const help = await print('describe', '--help');
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

  /** The help of every command and of those below it, on a terminal of this width. */
  const helps = async (columns?: number) => {
    const listed = (await print('--help')).matchAll(/^ {2}([a-z]+)(?: \[options\]| |$)/gm);
    const paths: string[][] = [[]];
    for (const [, name = ''] of listed) {
      if (name === 'help' || name === 'gemini') continue;
      paths.push([name], ...(await subcommands(name)));
    }
    const pages: string[] = [];
    for (const path of paths) {
      const parsed = await parseCommandLine([...path, '--help'], '.', columns);
      pages.push('print' in parsed ? parsed.print : '');
    }
    return pages;
  };
  const subcommands = async (name: string) => {
    const [, list = ''] = (await print(name, '--help')).split('\nCommands:\n');
    const [block = ''] = list.split('\n\n');
    return [...block.matchAll(/^ {2}([a-z]+) /gm)]
      .filter(([, below]) => below !== 'help')
      .map(([, below = '']) => [name, below]);
  };

  test('no line is longer than 80 columns, on a wide terminal neither', async () => {
    for (const columns of [undefined, 80, 200]) {
      const lines = (await helps(columns)).flatMap((help) => help.split('\n'));
      expect(lines.length).toBeGreaterThan(300);
      expect(lines.filter((line) => line.length > 80)).toEqual([]);
    }
  });

  test.each([40, 50, 60])(
    'fits a terminal of %i columns, but for commands to be copied',
    async (columns) => {
      const lines = (await helps(columns)).flatMap((help) => help.split('\n'));
      const long = lines.filter((line) => line.length > columns);
      expect(long.filter((line) => !/^ {2}.*(?:gemini-image|GEMINI|\{")/.test(line))).toEqual([]);
      expect(await helps(80)).toEqual(await helps());
    },
  );

  test('of a command below another is found by its names', async () => {
    expect(await print('help', 'cache', 'clear')).toBe(await print('cache', 'clear', '--help'));
    expect(await print('help', 'describe')).toBe(await print('describe', '--help'));
    expect(await print('help', 'help')).toBe(await print('--help'));
  });
});

describe('what another program calls otherwise is told by its meaning', () => {
  test.each<[words: string[], hint: string]>([
    [['caption'], 'Use: gemini-image describe photo.png -s caption'],
    [['help', 'ocr'], 'Use: gemini-image describe photo.png -s ocr'],
    [['version'], 'Use: gemini-image --version'],
    [['help', 'detct'], 'Did you mean detect?'],
    [['help', 'cache', 'claer'], 'Did you mean clear?'],
    [['cache', 'claer'], 'Did you mean clear?'],
    [['-v'], 'For the version: -V. To see more of what happens: --debug.'],
    [['describe', 'a.png', '--json'], 'Use: -f json'],
    [['describe', 'a.png', '--language=de'], 'Use: --lang'],
    [['check', 'a.png', '--verbose'], 'Use: --debug'],
    [['check', 'a.png', '--claim', 'x'], 'Use: --that'],
    [['detect', 'a.png', '--objects', 'x'], 'Use: --what'],
    [['styles', '--json'], 'Use: -f json'],
    [['--verbose'], 'Use: gemini-image describe photo.png --debug'],
    [['help', '--json'], 'Use: gemini-image describe photo.png -f json'],
    [['help', 'describe', '--verbose'], 'Use: --debug'],
    [['help', '--overlay'], 'It is an option of detect.'],
    [['describe', 'a.png', '--lnguage', 'de'], 'Use: --lang'],
    [['completion', '--shell', 'bash'], expect.stringContaining('gemini-image completion bash')],
    [['photos/', 'more/'], 'For pictures: gemini-image describe photos/'],
  ])('%j', async (words, hint) => {
    expect(await complaint(...words)).toMatchObject({ kind: 'usage', hint });
  });

  test('--resume, which nothing needs, and --api-key, which there is not on purpose', async () => {
    expect((await complaint('describe', 'a.png', '--resume')).hint).toContain(
      'the same command again',
    );
    expect((await complaint('describe', 'a.png', '--api-key', 'k')).hint).toMatch(
      /^There is none on purpose: .* GEMINI_API_KEY/,
    );
  });

  test.each([
    ['--api-key=SECRET'],
    ['describe', 'a.png', '--api-key=SECRET'],
    ['check', 'a.png', '--gemini-api-key=SECRET'],
    ['describe', 'a.png', '--apikye=SECRET'],
    ['describe', 'a.png', '-kSECRET'],
    ['help', '--api-key=SECRET'],
  ])('%j is told without the key', async (...words) => {
    const { message, hint } = await complaint(...words);
    expect(message).toMatch(/^unknown option '--?[a-z-]+'$/);
    expect(hint).toMatch(/^There is none on purpose/);
    expect(message + hint).not.toContain('SECRET');
  });

  test('but only where the command has what is meant', async () => {
    expect((await complaint('cache', '--json')).hint).toBe(
      'gemini-image cache --help says what there is.',
    );
  });
});

describe('one picture and no command', () => {
  test('is described, with the options of describe', async () => {
    expect(await flags('photo.jpg')).toEqual(DEFAULTS);
    expect(await flags('-s', 'alt', 'photo.jpg', '--lang', 'de')).toMatchObject({
      style: ['alt'],
      lang: 'de',
    });
    expect(await flags('https://example.com/photo')).toEqual(DEFAULTS);
    expect(await flags('--offline', '--', '-odd.jpg')).toMatchObject({ offline: true });
    expect(await flags('LICENSE')).toEqual(DEFAULTS);
  });

  test.each([['a.png', 'b.png'], ['detct'], ['photos/'], ['-'], ['*']])(
    'not %j %j',
    async (...words) => {
      expect((await complaint(...words)).message).toContain(`unknown command '${words[0]}'`);
    },
  );

  test('a command comes before a file of its name', async () => {
    expect((await complaint('help', 'photo.jpg')).message).toBe("unknown command 'photo.jpg'");
    expect((await complaint('cache', 'photo.jpg')).message).toBe("unknown command 'photo.jpg'");
  });
});
