// Makes the man page of the built command from the commands themselves, for `man gemini-image`.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addCommands } from '../compiled/commands/commands.js';
import { PRICES_AS_OF } from '../compiled/gemini/models.js';

const { version, description } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);

/** Text in lines of the source, which are filled anew when it is shown. */
const filled = (text) => plain(text.replace(/(.{1,70})(?: +|$)/g, '$1\n').trimEnd());

/** Text in roff: no backslash, and no line that looks like a request. */
const plain = (text) =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');

const bold = (text) => `\\fB${plain(text)}\\fR`;

function optionItem({ flags, description: text, argChoices }) {
  const choices = argChoices ? ` (${argChoices.join(', ')})` : '';
  return `.TP\n${bold(flags)}\n${filled(text + choices)}`;
}

/** What is printed after the options: paragraphs, and examples as they stand. */
function after(command) {
  let text = '';
  command.configureOutput({ writeOut: (more) => (text += more) }).outputHelp();
  const start = text.indexOf('\nExamples:');
  if (start < 0) return '';
  return `.PP\n.nf\n.RS 2\n${plain(text.slice(start + 1).trimEnd())}\n.RE\n.fi`;
}

function section(command, name) {
  const own = command.options.filter(({ hidden }) => !hidden);
  return [
    `.SS ${bold(`${name} ${command.usage()}`)}`,
    filled(`${command.description()}.`),
    ...own.map(optionItem),
    after(command),
    ...command.commands.map((one) => section(one, `${name} ${one.name()}`)),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** The rows of a table of a page: the first cells, without code marks. */
function rowsOf(page) {
  return readFileSync(new URL(`../docs/${page}.md`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[ :-]+\|/.test(line))
    .slice(1)
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('`', '')));
}

const FILES = [
  [
    'gemini-image.json',
    'Settings of a project: in the working folder, or the nearest above it up to the root of its Git repository.',
  ],
  [
    '~/.config/gemini-image/gemini-image.json',
    'Your own settings; in $XDG_CONFIG_HOME where that is set, and in %APPDATA% on Windows.',
  ],
  ['.env', 'In the working folder: GOOGLE_API_KEY, GEMINI_API_KEY and GEMINI_IMAGE_MODEL.'],
];

export async function manPage() {
  const program = new Command('gemini-image');
  await addCommands(program, () => {}).defineAll();
  program.configureHelp({ helpWidth: 76 });
  const codes = rowsOf('exit-codes').map(([, code, , meaning = '']) => [
    code,
    meaning.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1'),
  ]);
  const page = [
    `.TH GEMINI\\-IMAGE 1 "${PRICES_AS_OF}" "gemini\\-image ${plain(version)}"`,
    '.SH NAME',
    `gemini\\-image \\- turn pictures into text with Google's Gemini API`,
    '.SH SYNOPSIS',
    `${bold('gemini-image')} \\fIcommand\\fR [options] [\\fIimage\\fR ...]`,
    '.br',
    `${bold('gemini-image')} \\fIimage\\fR`,
    '.SH DESCRIPTION',
    filled(description),
    '.PP',
    filled(
      'One picture and no command describes it. Standard output holds data only; messages go to standard error.',
    ),
    '.SH COMMANDS',
    ...program.commands.map((command) => section(command, `gemini-image ${command.name()}`)),
    '.SH EXIT STATUS',
    ...codes.map(([code, meaning]) => `.TP\n${bold(code)}\n${filled(meaning)}`),
    '.SH FILES',
    ...FILES.map(([file, meaning]) => `.TP\n${bold(file)}\n${filled(meaning)}`),
    '.SH SEE ALSO',
    filled(
      'The documentation that comes with the package, and https://aistudio.google.com/apikey for a key.',
    ),
  ];
  return `${page.join('\n')}\n`;
}

if (process.argv.includes('--print')) process.stdout.write(await manPage());
