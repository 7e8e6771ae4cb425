import { Option } from 'commander';
import { safeText } from '../output/safe-text.js';
import { wrapped } from '../output/wrapped.js';
import type { CommandContext, Tally } from '../run/context.js';
import type { OwnRules } from '../tasks/describe/own-style.js';
import type { CommandDefinition } from './definition.js';
import { addFileFlags, addTalkFlags, type TalkFlags } from './flags/values.js';

interface StylesFlags extends TalkFlags {
  format: 'text' | 'json';
  stylesFile?: string;
}

/** A style as `styles` lists it; one of the user's own has its rules, and no example. */
interface ListedStyle extends Partial<OwnRules> {
  name: string;
  summary: string;
  example?: string;
  prompt: string;
}

/** A set of styles in the user's file. */
interface ListedSet {
  name: string;
  styles: readonly string[];
}

const examples = `
Examples:
  gemini-image styles
  gemini-image styles --styles-file styles.json
  gemini-image describe photo.png --style alt

With -f json, each style has its prompt too.
docs/styles.md shows such a file.`;

export const stylesCommand: CommandDefinition = {
  define(command, run) {
    command
      .addOption(
        new Option('-f, --format <name>', 'how to print them')
          .choices(['text', 'json'])
          .default('text'),
      )
      .option('--styles-file <file>', 'list your own styles and sets too (JSON)')
      .allowExcessArguments(false);
    addTalkFlags(addFileFlags(command))
      .addHelpText('after', examples)
      .action((flags: StylesFlags) => run(flags, (context) => list(flags, context)));
  },
};

async function list(
  { format, stylesFile }: StylesFlags,
  { stdout, signals }: CommandContext,
): Promise<Tally> {
  const { styles } = await import('../tasks/describe/styles.js');
  const known: ListedStyle[] = Object.entries(styles).map(
    ([name, { summary, example, prompt }]) => ({ name, summary, example, prompt }),
  );
  const own = stylesFile === undefined ? undefined : await ownIn(stylesFile, signals.abort);
  const listed = [...known, ...(own?.styles ?? [])];
  const sets = own?.sets ?? [];
  const text =
    format === 'json'
      ? `${JSON.stringify([...listed, ...sets], null, 2)}\n`
      : tableOf([...listed, ...sets]);
  await stdout.write(text);
  return { produced: 1, failures: [] };
}

/** @throws GeminiImageError of kind `usage` if the file cannot be read, or an entry is wrong. */
async function ownIn(path: string, signal: AbortSignal) {
  const { readStylesFile } = await import('../tasks/describe/styles-file.js');
  const { rulesInWords } = await import('../tasks/describe/own-style.js');
  const { styles, sets } = await readStylesFile(path, signal);
  return {
    styles: [...styles.values()].map(({ name, prompt, ...rules }): ListedStyle => {
      const summary = ['your own', ...rulesInWords(rules)].join(', ');
      return { name, summary, prompt, ...rules };
    }),
    sets: [...sets].map(
      ([name, members]): ListedSet => ({
        name,
        styles: members.map((one) => (typeof one === 'string' ? one : one.name)),
      }),
    ),
  };
}

/** The width of a common terminal, in columns. */
const WIDTH = 80;

/** Each style as a paragraph: name and summary, then its example; of an own one, its prompt. */
function tableOf(listed: readonly (ListedStyle | ListedSet)[]): string {
  const indent = Math.max(...listed.map(({ name }) => name.length)) + 2;
  const paragraphs = listed.map((entry) => {
    const [summary, shown, mark] =
      'styles' in entry
        ? [`a set: ${entry.styles.join(', ')}`, '', '|']
        : [entry.summary, entry.example ?? entry.prompt, entry.example === undefined ? '?' : '|'];
    const lines = shown === '' ? [] : shown.split('\n');
    return [
      `${entry.name.padEnd(indent)}${summary}`,
      ...lines
        .flatMap((line) => wrapped(safeText(line), WIDTH - indent - 2))
        .map((line) => `${' '.repeat(indent)}${mark} ${line}`),
      '',
    ].join('\n');
  });
  return paragraphs.join('\n');
}
