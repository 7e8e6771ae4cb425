/** Words of the command line that nobody meant as they would be read. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createProgram, parseCommandLine } from '../../src/cli/program.js';
import { checkWords } from '../../src/cli/words.js';
import type { GeminiImageError } from '../../src/domain/error.js';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { KEY, saying } from '../support/scripted-server.js';

/** A folder with empty files of these names. */
function folderWith(...names: string[]): string {
  const folder = temporaryFolder();
  for (const name of names) writeFileSync(join(folder, name), '');
  return folder;
}

/** What is wrong with a command line; undefined where it is understood. */
async function complaint(args: readonly string[], folder = temporaryFolder()) {
  try {
    await parseCommandLine(args, folder);
  } catch (error) {
    return error as GeminiImageError;
  }
  return undefined;
}

describe('a word that looks like an option but names a file is refused', () => {
  test.each([
    '--base-url=https:evil.example',
    '-p@.env',
    '-pWrite nothing but yes',
    '--keep-metadata',
    '--allow-private-hosts',
    '-oout.csv',
    '--output=out.csv',
    '-rq',
    '-rqpHello',
    '--help',
    '-V',
    '--no-such-option',
    '-',
  ])('%s', async (name) => {
    const folder = folderWith('a.png', name);
    for (const command of ['describe', 'check', 'detect', 'cache', 'styles', 'emulator']) {
      expect(await complaint([command, 'a.png', name], folder)).toMatchObject({
        kind: 'usage',
        hint: expect.stringContaining(`./${name}`),
      });
    }
    expect(await complaint(['describe', '--', 'a.png', name], folder)).toBeUndefined();
    expect(await complaint(['describe', `./${name}`], folder)).toBeUndefined();
  });

  test('even if it would end the options', async () => {
    const folder = folderWith('a.png', '--');
    for (const command of ['describe', 'check', 'detect']) {
      expect(await complaint([command, '--', 'a.png', '--dry-run'], folder)).toMatchObject({
        kind: 'usage',
        message: expect.stringContaining('is named --'),
      });
    }
    expect(await complaint(['describe', '--dry-run', '--', '--', 'a.png'], folder)).toBeUndefined();
    expect(await complaint(['describe', './--', 'a.png'], folder)).toBeUndefined();
    expect(await complaint(['describe', '--', 'a.png'], folderWith('a.png'))).toBeUndefined();
  });

  test('even if it is a folder, a path, or a link that leads nowhere', async () => {
    const folder = folderWith();
    mkdirSync(join(folder, '--base-url=https:'));
    writeFileSync(join(folder, '--base-url=https:', 'evil.example'), '');
    symlinkSync('nowhere', join(folder, '--original'));
    for (const name of [
      '--base-url=https:',
      '--base-url=https:/evil.example',
      '--base-url=https://evil.example',
      '--original',
    ]) {
      expect((await complaint(['describe', name], folder))?.hint).toContain(
        'put -- before the names',
      );
    }
  });

  test('even as the value of an option, which would be a file to write to', async () => {
    const folder = folderWith('-out.csv');
    expect((await complaint(['describe', 'a.png', '-o', '-out.csv'], folder))?.kind).toBe('usage');
  });

  test('a -- that is the value of an option ends nothing', async () => {
    const folder = folderWith('--original');
    expect((await complaint(['describe', '-p', '--', '--original'], folder))?.kind).toBe('usage');
  });

  test('a file name that is not UTF-8 is found too', async () => {
    expect((await complaint(['describe', '-p@secret\ufffd']))?.message).toContain(
      'not valid UTF-8',
    );
    expect(await complaint(['describe', '-p', 'What is \ufffd?'])).toBeUndefined();
  });

  test('- as a value means standard input or output, whatever lies there', async () => {
    const folder = folderWith('-');
    expect(await complaint(['describe', '--files-from', '-', '-o', '-'], folder)).toBeUndefined();
  });

  test('an option is an option if no such file exists', async () => {
    const folder = folderWith('original');
    expect(
      await complaint(['describe', 'a.png', '--original', '-rq', '-pHello'], folder),
    ).toBeUndefined();
  });

  test('nothing is sent, printed or written', async () => {
    const server = await saying('A boat.');
    const name = `--base-url=${server.url.replace('//', '')}`;
    const cwd = temporaryFolder({ 'a.png': 'small.png', [name]: 'harbor.jpg' });
    const env = { GEMINI_API_KEY: KEY, GOOGLE_GEMINI_BASE_URL: server.url };
    const args = ['describe', name, 'a.png'];
    const { code, stdout, stderr } = await runInProcess(args, { cwd, env });
    expect({ code, stdout, calls: server.requests.length }).toEqual({
      code: 2,
      stdout: '',
      calls: 0,
    });
    expect(stderr).toContain(`./${name}`);
    const ended = await runInProcess(['describe', '--', ...args.slice(1)], { cwd, env });
    expect({ code: ended.code, calls: server.requests.length }).toEqual({ code: 0, calls: 2 });
  });
});

describe('one dash before the name of a long option', () => {
  test.each([
    ['describe', '-offline'],
    ['describe', '-prompt'],
    ['describe', '-style=alt'],
    ['describe', '-dry-run'],
    ['describe', '-help'],
    ['describe', '-version'],
    ['check', '-that'],
    ['detect', '-overlay'],
    ['cache', '-quiet'],
    ['emulator', '-port'],
  ])('%s %s is refused by name', async (command, word) => {
    expect(await complaint([command, 'a.png', word])).toMatchObject({
      kind: 'usage',
      message: expect.stringContaining(word.split('=')[0] ?? ''),
      hint: `Write -${word}.`,
    });
  });

  test.each(['-ofile.txt', '-pWhat?', '-oonline', '-rq', '-c4'])('%s is accepted', async (word) => {
    expect(await complaint(['describe', 'a.png', word])).toBeUndefined();
  });
});

describe('an option that would become the value of another one', () => {
  test.each([
    ['-p', '--offline'],
    ['-o', '-r'],
    ['--output', '--format=json'],
    ['-m', '--help'],
    ['-p', '--'],
  ])('%s %s is refused', async (option, word) => {
    expect((await complaint(['describe', 'a.png', option, word]))?.hint).toContain(`=${word}`);
  });

  test('a text may begin with a dash if it is written with =', async () => {
    expect(await complaint(['describe', 'a.png', '-p', '- one\n- two'])).toBeUndefined();
    expect(await complaint(['describe', 'a.png', '-p', '-5 degrees'])).toBeUndefined();
    expect(await complaint(['describe', 'a.png', '--prompt=--offline'])).toBeUndefined();
  });
});

describe('a text without its quotes', () => {
  test.each([
    ['describe', 'a.png', '--prompt', 'What', 'is', 'this'],
    ['describe', 'a.png', '--prompt=What', 'is', 'this?'],
    ['describe', '-pWhat', 'is', 'this', 'a.png'],
    ['describe', '-rp', 'What', 'is', 'this', 'a.png'],
    ['describe', 'a.png', '-p', 'Is', 'a.png', 'good', '-q'],
    ['describe', 'a.png', '--system', 'Be', 'brief'],
    ['check', 'a.png', '--that', 'it', 'rains'],
    ['detect', 'a.png', '--what', 'boats,', 'people'],
  ])('%s %s %s %s %s %s', async (...args) => {
    const folder = folderWith('a.png');
    expect((await complaint(args, folder))?.hint).toMatch(
      /^Quote a text of several words: --\w+ '.* .*'$/,
    );
  });

  test.each([
    [['-p', 'Describe', 'a.png', 'album']],
    [['-p', 'Describe', 'missing.png', 'missing/folder', '*.jpg', 'https://example.com/a', '-']],
    [['-p', 'What is this', 'missing']],
    [['missing', '-p', 'Describe']],
    [['-p', 'Describe', '-o', 'out', 'a.png']],
  ])('pictures after a one-word text are accepted: %j', async (args) => {
    const folder = folderWith('a.png', 'album');
    expect(await complaint(['describe', ...args], folder)).toBeUndefined();
  });
});

describe('single quotes, which cmd.exe leaves as they are', () => {
  /** What is wrong with the arguments that cmd.exe passes on. */
  function onWindows(args: readonly string[], folder = temporaryFolder()) {
    try {
      checkWords(
        args,
        createProgram(() => {}),
        folder,
        'win32',
      );
    } catch (error) {
      return error as GeminiImageError;
    }
    return undefined;
  }

  test.each([
    [['describe', "'photos\\*.jpg'"], '"photos\\*.jpg"'],
    [['describe', 'a.jpg', '-p', "'Which", 'animals', "are?'", '-q'], '"Which animals are?"'],
    [['describe', 'a.jpg', '--fields', "'title,", "tags[]'"], '"title, tags[]"'],
    [['describe', 'a.jpg', '-f', "'json'"], '"json"'],
  ])('%j is refused before anything is sent', (args, meant) => {
    expect(onWindows(args)).toMatchObject({
      kind: 'usage',
      message: expect.stringContaining('cmd.exe'),
      hint: expect.stringContaining(meant),
    });
  });

  test.each([
    [['describe', 'a.jpg', '-p', "What is the dog's name?"]],
    [['describe', 'a.jpg', '-p', "'tis the season", '--context', "of the boys'"]],
    [['describe', 'a.jpg', '-p', "'tis", '-f', 'json']],
    [['describe', "Ann's.jpg", "Bob's.jpg"]],
    [['describe', 'a.jpg', '-p', 'It says "stop"']],
  ])('%j is fine', (args) => {
    expect(onWindows(args)).toBeUndefined();
  });

  test('a file of that very name is meant', () => {
    expect(onWindows(['describe', "'a.jpg'"], folderWith("'a.jpg'"))).toBeUndefined();
  });

  test('other systems pass on what was in quotes', async () => {
    expect(await complaint(['describe', "'a.jpg'"])).toBeUndefined();
  });
});
