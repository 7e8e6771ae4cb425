import { Option } from 'commander';
import type { CommandContext, Tally } from '../run/context.js';
import type { CommandDefinition } from './definition.js';
import { addTalkFlags, type TalkFlags } from './flags/values.js';

interface StylesFlags extends TalkFlags {
  format: 'text' | 'json';
}

/** A style as `styles` lists it. */
interface ListedStyle {
  name: string;
  summary: string;
  example: string;
  prompt: string;
}

const examples = `
Examples:
  gemini-image styles
  gemini-image describe photo.png --style alt

With -f json, each style has its prompt too.`;

export const stylesCommand: CommandDefinition = {
  define(program, run) {
    const command = program
      .command('styles')
      .description('list the styles of answers, each with an example')
      .addOption(
        new Option('-f, --format <name>', 'how to print them')
          .choices(['text', 'json'])
          .default('text'),
      )
      .allowExcessArguments(false);
    addTalkFlags(command)
      .addHelpText('after', examples)
      .action((flags: StylesFlags) => run(flags, (context) => list(flags, context)));
  },
};

async function list({ format }: StylesFlags, { stdout }: CommandContext): Promise<Tally> {
  const { styles } = await import('../tasks/describe/styles.js');
  const listed = Object.entries(styles).map(([name, { summary, example, prompt }]) => ({
    name,
    summary,
    example,
    prompt,
  }));
  await stdout.write(format === 'json' ? `${JSON.stringify(listed, null, 2)}\n` : tableOf(listed));
  return { produced: 1, failures: [] };
}

/** The width of a common terminal, in columns. */
const WIDTH = 80;

/** Each style as a paragraph: name and summary, then its example. */
function tableOf(listed: readonly ListedStyle[]): string {
  const indent = Math.max(...listed.map(({ name }) => name.length)) + 2;
  const paragraphs = listed.map(({ name, summary, example }) =>
    [
      `${name.padEnd(indent)}${summary}`,
      ...example
        .split('\n')
        .flatMap((line) => wrapped(line, WIDTH - indent - 2))
        .map((line) => `${' '.repeat(indent)}| ${line}`),
      '',
    ].join('\n'),
  );
  return paragraphs.join('\n');
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
