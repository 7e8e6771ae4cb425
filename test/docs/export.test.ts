/** Every command of docs/export.md works, on a ledger such as its reader has. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exportFormats } from '../../src/records/export/formats.js';
import { found, ledgerOf, styled } from '../support/exports.js';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { lineOf, okRecord } from '../support/ledgers.js';

const page = readFileSync('docs/export.md', 'utf8');
const commands = [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
  block.trim().split('\n'),
);

/** The words of a command, of which some stand in quotes. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare = '']) => quoted ?? bare);
}

describe('docs/export.md', () => {
  test.each(commands)('%s', async (command) => {
    const image = 'photos/a.png';
    const { cwd } = ledgerOf([], {
      [image]: readFileSync('fixtures/small.png'),
      'captions.jsonl': [
        okRecord(image, { text: 'A boat on a lake.' }),
        styled(image, 'tags', 'boat, lake', { data: ['boat', 'lake'] }),
      ]
        .map(lineOf)
        .join(''),
      'boxes.jsonl': lineOf(found(image, [['boat', 0, 0, 500, 500]])),
    });
    const [program, ...args] = wordsOf(command);
    expect(program).toBe('gemini-image');
    const { code, stdout, stderr } = await runInProcess(args, { cwd });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).not.toContain('warning');
    if (!args.includes('-o') && !args.includes('sidecar')) expect(stdout).toContain('boat');
  });

  test('shows every format', () => {
    const shown = commands.map(wordsOf).map((words) => {
      const [to, output = ''] = ['--to', '-o'].map((flag) => words[words.indexOf(flag) + 1]);
      return words.includes('--to') ? to : output.split('.').at(-1);
    });
    expect([...new Set(shown)].sort()).toEqual(Object.keys(exportFormats).sort());
    for (const name of Object.keys(exportFormats)) expect(page).toContain(`\`${name}\``);
  });
});

test('the help names every format', async () => {
  const { stdout } = await runInProcess(['export', '--help'], {
    cwd: join(temporaryFolder()),
  });
  for (const name of Object.keys(exportFormats)) expect(stdout).toContain(`"${name}"`);
});
