// Writes docs/commands.md: every command with its arguments and options, as the code has them. `--print` prints
// it instead, for the test that compares the two.
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';

const { addCommands } = await import('../compiled/commands/commands.js');
const program = new Command('gemini-image');
await addCommands(program, () => {}).defineAll();

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** Those with a heading of their own in the help, under that heading. */
function tables({ options: all }) {
  const options = all.filter(({ hidden }) => !hidden);
  const groups = Map.groupBy?.(options, groupOf) ?? grouped(options);
  return [...groups].map(([heading, members]) => {
    const rows = members.map(({ flags, description, argChoices }) => {
      const choices = argChoices ? ` (${argChoices.join(', ')})` : '';
      return `| \`${cell(flags)}\` | ${cell(description)}${cell(choices)} |`;
    });
    return `| ${heading.replace(/:$/, '')} | |\n| --- | --- |\n${rows.join('\n')}`;
  });
}

const groupOf = ({ helpGroupHeading }) => helpGroupHeading ?? 'Options';

function grouped(options) {
  const groups = new Map();
  for (const option of options) {
    const heading = groupOf(option);
    groups.set(heading, [...(groups.get(heading) ?? []), option]);
  }
  return groups;
}

function section(command, name) {
  const own = command.registeredArguments.length > 0 || command.options.length > 0;
  const parts = [
    `## ${name}`,
    sentence(command.description()),
    ...(own || command.commands.length === 0 ? [`\`${name} ${command.usage()}\``] : []),
    ...tables(command),
  ];
  const below = command.commands.map((one) => section(one, `${name} ${one.name()}`));
  return [parts.join('\n\n'), ...below].join('\n\n');
}

function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');
}

const sections = program.commands.map((command) =>
  section(command, `gemini-image ${command.name()}`),
);
const text = `# Commands and flags of gemini-image

<!-- Written by \`npm run reference\` from the commands themselves. -->

\`gemini-image help <command>\` prints the same, with examples. [Options](options.md) says more about those of
\`describe\`, \`check\` and \`detect\`, [settings](settings.md) what the environment sets, and
[exit codes](exit-codes.md) how a command may end.

${sections.join('\n\n')}
`;

if (process.argv.includes('--print')) process.stdout.write(text);
else writeFileSync(new URL('../docs/commands.md', import.meta.url), text);
