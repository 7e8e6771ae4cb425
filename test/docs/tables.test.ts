import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { CLAIM_FAILS, SOME_FAILED, SUCCESS } from '../../src/cli/exit-codes.js';
import { addCommands } from '../../src/commands/commands.js';
import { exitCodeOf } from '../../src/domain/error-policy.js';
import { DEFAULT_MODEL } from '../../src/gemini/models.js';
import { styles } from '../../src/tasks/describe/styles.js';

const read = (path: string) => readFileSync(path, 'utf8');

/** The first cells of the rows of every table in a text. */
function rows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[ :-]+\|/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}

function section(page: string, title: string): string {
  return (
    read(`docs/${page}.md`)
      .split(/^##? /m)
      .find((part) => part.split('\n', 1)[0]?.startsWith(title) && part.includes('\n|')) ?? ''
  );
}

const program = new Command();
await addCommands(program, () => {}).defineAll();

test('docs/exit-codes.md lists every kind with its code, and no other', () => {
  const documented = rows(read('docs/exit-codes.md'))
    .slice(1)
    .map(([code = '', kind = '']) => [kind.replaceAll('`', ''), Number(code)]);
  const expected = [
    ...Object.entries(exitCodeOf),
    ['', SUCCESS],
    ['', CLAIM_FAILS],
    ['', SOME_FAILED],
  ];
  expect(documented.map(String).sort()).toEqual(expected.map(String).sort());
});

const command = (name: string) => program.commands.find((one) => one.name() === name);

/** The flags of the options that a section of docs/options.md lists. */
const documentedOptions = (title: string) =>
  rows(section('options', title))
    .slice(1)
    .map(([option = '']) => option.replaceAll('`', '').replaceAll('\\', ''));

/** As a command has them, with the choices of formats in the place of their name. */
const optionsOf = (name: string) =>
  command(name)?.options.map(({ flags, argChoices = [] }) =>
    flags.replace('<format>', argChoices.join('|')),
  ) ?? [];

test('docs/options.md lists the options of describe as the command has them', () => {
  expect(documentedOptions('Options of `describe`')).toEqual(optionsOf('describe'));
});

test.each(['check', 'detect'])(
  'docs/options.md lists the options of %s that describe has not',
  (name) => {
    const documented = documentedOptions(`Options of \`${name}\``);
    const own = optionsOf(name).filter((option) => !optionsOf('describe').includes(option));
    expect(documented).toEqual(expect.arrayContaining(own));
    expect(optionsOf(name)).toEqual(expect.arrayContaining(documented));
  },
);

test('docs/styles.md describes every style', () => {
  const documented = rows(section('styles', 'Styles'))
    .slice(1)
    .map(([name = '']) => name.replaceAll('`', ''));
  expect(documented).toEqual(Object.keys(styles));
});

test('docs/commands.md is what the commands say of themselves; else: npm run reference', () => {
  const printed = execFileSync(process.execPath, ['scripts/reference.mjs', '--print'], {
    encoding: 'utf8',
  });
  expect(read('docs/commands.md')).toBe(printed);
  for (const command of program.commands) {
    expect(printed).toContain(`## gemini-image ${command.name()}\n`);
  }
});

test('docs/settings.md and .env.example name the same variables', () => {
  const documented = rows(read('docs/settings.md'))
    .slice(1)
    .flatMap(([names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  const example = [...read('.env.example').matchAll(/^#? ?([A-Z][A-Z_]+)=/gm)].map(
    ([, name]) => name,
  );
  expect(example.sort()).toEqual(documented.sort());
});

test('the code reads the variables that are documented, and no others', () => {
  const code = ['settings', 'env-file', 'colour'].map((name) => read(`src/cli/${name}.ts`)).join();
  const documented = [...read('.env.example').matchAll(/^#? ?([A-Z][A-Z_]+)=/gm)].map(
    ([, name]) => name,
  );
  for (const name of documented) expect(code).toContain(name);
  const used = [...code.matchAll(/env\['([A-Z_]+)'\]|env\.([A-Z_]+)/g)].map(([, a, b]) => a ?? b);
  // Of the system's, everybody knows them.
  const ofSystem = ['TERM', 'PATH'];
  for (const name of used) if (!ofSystem.includes(name ?? '')) expect(documented).toContain(name);
});

test('the default model is the same everywhere', () => {
  for (const path of ['docs/options.md', '.env.example', 'docs/output-format.md']) {
    expect(read(path)).toContain(DEFAULT_MODEL);
  }
});

const withoutCode = (page: string) => page.replace(/^```[\s\S]*?^```|`[^`\n]+`/gm, '');

test('every relative link leads somewhere', () => {
  const docs = readdirSync('docs').filter((name) => name.endsWith('.md'));
  const pages = ['README.md', 'CONTRIBUTING.md', ...docs.map((name) => `docs/${name}`)];
  for (const page of pages) {
    const base = new URL(page, `file://${process.cwd()}/`);
    for (const [, target = ''] of withoutCode(read(page)).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      expect(() => readFileSync(new URL(target, base)), `${page} → ${target}`).not.toThrow(
        /ENOENT/,
      );
    }
  }
});

test('the table of contents has every page, and each page a title of its own', () => {
  const contents = read('docs/README.md');
  const pages = readdirSync('docs').filter((name) => /\.md$/.test(name) && name !== 'README.md');
  for (const page of pages) expect(contents).toContain(`](${page})`);
  const titles = pages.map((page) => /^# (.+)\n/.exec(read(`docs/${page}`))?.[1]);
  expect(new Set(titles).size).toBe(pages.length);
});

test('the README is short', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(150);
});

test('docs/output-format.md lists every field of a record, and of its error', () => {
  const source = read('src/domain/record.ts');
  const fieldsOf = (name: string) => {
    const [, body = ''] =
      source.match(new RegExp(`interface ${name}\\b[^{]*? \\{\\n([\\s\\S]*?)\\n\\}`)) ?? [];
    return [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, field = '']) => field);
  };
  const records = ['Answer', 'PictureFacts', 'NamedPicture', 'AnswerFacts', 'ReviewFacts'];
  const fields = [...records, 'OkRecord', 'TogetherOkRecord', 'ErrorRecord'].flatMap(fieldsOf);
  expect(fields).toEqual(expect.arrayContaining(['text', 'page', 'known', 'written', 'safety']));
  const documented = rows(read('docs/output-format.md')).flatMap(([cell = '']) =>
    Array.from(cell.matchAll(/`(\w+)`/g), ([, field = '']) => field),
  );
  expect(fields.filter((field) => !documented.includes(field))).toEqual([]);
});
