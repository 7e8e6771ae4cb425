import { Command } from 'commander';
import { expect, test } from 'vitest';
import type { Run } from '../../../src/commands/definition.js';
import { stylesCommand } from '../../../src/commands/styles.js';
import type { CommandContext } from '../../../src/run/context.js';
import { styles } from '../../../src/tasks/describe/styles.js';

/** What the command prints. */
async function printed(...args: string[]): Promise<string> {
  let work: Parameters<Run>[1] | undefined;
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  stylesCommand.define(program.command('styles'), (_, then) => {
    work = then;
  });
  for (const command of program.commands) {
    command.exitOverride().configureOutput({ writeErr: () => {} });
  }
  program.parse(['styles', ...args], { from: 'user' });
  let text = '';
  const stdout: CommandContext['stdout'] = {
    isTerminal: false,
    write: async (more) => {
      text += more;
    },
  };
  // The command uses nothing else of the world.
  expect(await work?.({ stdout } as CommandContext)).toEqual({ produced: 1, failures: [] });
  return text;
}

test('the list has each style with its summary and its example, in 80 columns', async () => {
  const text = await printed();
  const lines = text.split('\n');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  const oneLine = lines.map((line) => line.replace(/^ *\| /, '')).join(' ');
  for (const [name, { summary, example }] of Object.entries(styles)) {
    expect(text).toMatch(new RegExp(`^${name} +${summary.slice(0, 20)}`, 'm'));
    expect(oneLine).toContain(summary);
    expect(oneLine).toContain(example.replaceAll('\n', ' '));
  }
  expect(text).toContain('| MARTA\n');
  expect(text).toMatch(/[^\n]\n$/);
});

test('as JSON, it has the prompts too', async () => {
  expect(JSON.parse(await printed('-f', 'json'))).toEqual(
    Object.entries(styles).map(([name, { summary, example, prompt }]) => ({
      name,
      summary,
      example,
      prompt,
    })),
  );
});

test.each([['extra'], ['-f', 'csv'], ['--nope']])('%s is refused', async (...args) => {
  await expect(printed(...args)).rejects.toThrow(/^error: /);
});
