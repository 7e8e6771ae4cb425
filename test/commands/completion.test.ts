/** Completion by the shells themselves, where they are installed. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commands } from '../../src/commands/commands.js';
import { styles } from '../../src/tasks/describe/styles.js';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { hasProgram } from '../support/programs.js';

async function scriptFor(shell: string): Promise<string> {
  const { stdout } = await runInProcess(['completion', shell]);
  const path = join(temporaryFolder(), `script.${shell}`);
  writeFileSync(path, stdout);
  return path;
}

/** What a shell prints for a script of its own. */
function printed(shell: string, args: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync(shell, args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout.trim().split('\n');
}

/** Words before the cursor, the last one being typed, and what the shell offers. */
const CASES: readonly (readonly [words: string, offered: string])[] = [
  ['gemini-image de', 'demo describe detect'],
  ['gemini-image describe -s al', 'alt'],
  ['gemini-image describe -s title,cap', 'title,caption'],
  ['gemini-image describe --know people,pl', 'people,place'],
  ['gemini-image alt site --only missing,place', 'missing,placeholder'],
  ['gemini-image describe photo.png --over', '--overwrite'],
  ['gemini-image describe -m gemini-4-ne', 'gemini-4-neon'],
  ['gemini-image check -f j', 'json jsonl junit'],
  ['gemini-image cache cl', 'clear'],
  ['gemini-image cache clear --old', '--older-than'],
  ['gemini-image batch del', 'delete'],
  ['gemini-image help det', 'detect'],
  ['gemini-image completion z', 'zsh'],
  ['gemini-image config des', 'describe'],
  ['gemini-image config describe --pres', '--preset'],
];

const sorted = (words: string) => words.split(/\s+/).filter(Boolean).sort().join(' ');

describe.skipIf(!hasProgram('bash'))('bash', () => {
  const complete = (script: string, lines: readonly string[]) =>
    printed('bash', [
      '--norc',
      '-c',
      [
        `source ${script}`,
        `try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gemini_image; echo "[\${COMPREPLY[*]}]"; }`,
        ...lines.map((line) => `try ${line}`),
      ].join('\n'),
    ]).map((line) => sorted(line.slice(1, -1)));

  test('completes commands, options, styles, models and formats', async () => {
    const script = await scriptFor('bash');
    expect(
      complete(
        script,
        CASES.map(([words]) => words),
      ),
    ).toEqual(CASES.map(([, offered]) => sorted(offered)));
  });

  test('reads a value behind =, and leaves files to bash', async () => {
    const script = await scriptFor('bash');
    expect(
      complete(script, ['gemini-image describe --style = al', "gemini-image describe -o ''"]),
    ).toEqual(['alt', '']);
    const [registered] = printed('bash', ['-c', `source ${script}; complete -p gemini-image`]);
    expect(registered).toContain('-o default');
  });
});

describe.skipIf(!hasProgram('zsh'))('zsh', () => {
  /** The functions of its completion system print what they are given. */
  const STUBS = `
    compadd() { shift; print -r -- $@ }
    compset() { print -r -- BEHIND $2 }
    _describe() { [[ $1 == -o ]] && shift; print -r -- \${(P)2} }
    _files() { print FILES }
    _message() { print FREE }
    try() { words=("$@"); CURRENT=$#; print -r -- "$(_gemini_image | tr '\\n' ' ')" }
  `;
  const complete = (script: string, lines: readonly string[]) =>
    printed('zsh', [
      '-f',
      '-c',
      [STUBS, `source ${script}`, ...lines.map((line) => `try ${line}`)].join('\n'),
    ]);

  test('finds the command and what may stand where the cursor is', async () => {
    const offered = complete(await scriptFor('zsh'), [
      'gemini-image de',
      'gemini-image describe -s al',
      'gemini-image describe -o x',
      'gemini-image describe -p x',
      'gemini-image describe photo.png --over',
      'gemini-image describe photo.png x',
      'gemini-image cache clear --old',
      'gemini-image completion z',
      'gemini-image describe --know people,pl',
    ]);
    expect(offered[8]).toMatch(/^BEHIND \*, people place date/);
    expect(offered[0]).toContain('describe:print what a picture shows');
    expect(offered[0]).toContain('FILES');
    expect(offered[1]?.trim()).toBe(Object.keys(styles).join(' '));
    expect(offered[2]?.trim()).toBe('FILES');
    expect(offered[3]?.trim()).toBe('FREE');
    expect(offered[4]).toContain('--overwrite:');
    expect(offered[5]?.trim()).toBe('FILES');
    expect(offered[6]).toContain('--older-than:');
    expect(offered[6]).not.toContain('--overwrite');
    expect(offered[7]?.trim()).toBe('bash zsh fish powershell');
  });

  test('registers itself where completion is on', async () => {
    const script = await scriptFor('zsh');
    const registered = printed('zsh', [
      '-f',
      '-c',
      `autoload -Uz compinit; compinit -D -u; source ${script}; print $_comps[gemini-image]`,
    ]);
    expect(registered).toEqual(['_gemini_image']);
  });
});

describe.skipIf(!hasProgram('fish'))('fish', () => {
  test('completes commands, options, styles, models and formats', async () => {
    const script = await scriptFor('fish');
    const lines = CASES.map(([words]) => `echo [(complete -C "${words}" | cut -f 1)]`);
    const offered = printed('fish', [
      '--no-config',
      '-c',
      [`source ${script}`, ...lines].join('\n'),
    ]);
    // fish prints the brackets around each word.
    expect(offered.map((line) => sorted(line.replaceAll(/[[\]]/g, ' ')))).toEqual(
      CASES.map(([, words]) => sorted(words)),
    );
  });
});

test('every script has every command, and no line of a script runs the program', async () => {
  for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
    const { code, stdout } = await runInProcess(['completion', shell]);
    expect(code).toBe(0);
    for (const name of ['describe', 'check', 'detect', 'export', 'doctor', 'emulator'])
      expect(stdout).toMatch(new RegExp(`\\b${name}\\b`));
    expect(commands.length).toBeGreaterThan(10);
    const running = stdout.split('\n').filter((line) => !line.startsWith('#'));
    expect(running.filter((line) => /\bnode\b|[$`]\(?\s*gemini-image/.test(line))).toEqual([]);
  }
  expect((await runInProcess(['completion', 'tcsh'])).code).toBe(2);
});
