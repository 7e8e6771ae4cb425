/** Which files hold, what they may hold, and what is said of what they may not. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { checkFile } from '../../../src/cli/presets/check-file.js';
import { findFiles, userFile, type Whose } from '../../../src/cli/presets/find-files.js';
import { placesIn } from '../../../src/cli/presets/places.js';
import {
  COMMAND_LINE_ONLY,
  flagOfSetting,
  type Level,
  SETTABLE,
} from '../../../src/commands/flags/settable.js';
import type { GeminiImageError } from '../../../src/domain/error.js';
import { failureOf } from '../../support/ask.js';
import { temporaryFolder } from '../../support/files.js';
import { createWorld, type World } from './world.js';

/** What is said when a file of settings is wrong; the command does nothing then. */
async function complaint({ run }: World, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(['describe', 'photo.png', '--offline', ...args]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  return stderr.replace(/^gemini-image: /, '');
}

async function said(settings: unknown, whose: 'settings' | 'own' = 'settings'): Promise<string> {
  const world = createWorld();
  world[whose](settings);
  return complaint(world);
}

/** The error about a file that stands on one line. */
async function refusal(settings: unknown, whose: Whose): Promise<GeminiImageError> {
  const places = placesIn(JSON.stringify(settings));
  const about = { whose, shown: 'x.json', places, own: '/own.json' };
  return failureOf(checkFile(settings, about));
}

const describeWith = (flags: object) => ({ defaults: { describe: flags } });

describe("the project's file", () => {
  const pathsIn = (folder: string, home: string) => findFiles({ HOME: home }, folder);

  function tree(files: readonly string[]): string {
    const root = temporaryFolder();
    for (const file of files) {
      mkdirSync(join(root, file, '..'), { recursive: true });
      if (file.endsWith('.git')) mkdirSync(join(root, file));
      else writeFileSync(join(root, file), '{}');
    }
    return root;
  }

  test('is that of the working folder where there is no repository, and none above it', () => {
    const root = tree(['gemini-image.json', 'a/b/photo.png', 'c/gemini-image.json']);
    const home = temporaryFolder();
    expect(pathsIn(join(root, 'a/b'), home)).toEqual([]);
    expect(pathsIn(join(root, 'c'), home)).toEqual([
      { whose: 'project', path: join(root, 'c/gemini-image.json'), root: join(root, 'c') },
    ]);
  });

  test('is not looked for above the root of the repository', () => {
    const root = tree(['gemini-image.json', 'a/.git', 'a/b/photo.png']);
    expect(pathsIn(join(root, 'a/b'), temporaryFolder())).toEqual([]);
  });

  test('a home folder in Git is no project, nor is what lies above it', () => {
    const root = tree(['.git', 'gemini-image.json', 'home/.git', 'home/gemini-image.json']);
    const home = join(root, 'home');
    mkdirSync(join(home, 'downloads'));
    expect(pathsIn(join(home, 'downloads'), home)).toEqual([]);
    expect(pathsIn(home, home)).toEqual([
      { whose: 'project', path: join(home, 'gemini-image.json'), root: home },
    ]);
    const link = join(root, 'link');
    symlinkSync(home, link);
    expect(pathsIn(join(home, 'downloads'), link)).toEqual([]);
  });

  test("the user's own file is not a project's too", () => {
    const root = tree(['.config/gemini-image/gemini-image.json']);
    const folder = join(root, '.config/gemini-image');
    expect(pathsIn(folder, root).map(({ whose }) => whose)).toEqual(['user']);
  });

  test.skipIf(process.platform === 'win32')(
    "is ignored if it is not the user's, in a folder where everybody may write",
    async () => {
      const world = createWorld({ git: false });
      world.settings('no JSON');
      chmodSync(world.project, 0o777);
      // It is the user's own.
      expect(await complaint(world)).toMatch(/no JSON any more/);
      if (process.getuid?.() !== 0) return;
      execFileSync('chown', ['12345', join(world.project, 'gemini-image.json')]);
      const { code, stderr } = await world.run(['describe', 'photo.png', '--offline']);
      expect(code).toBe(0);
      expect(stderr).toMatch(/gemini-image\.json is ignored: everybody may write into its folder/);
      expect(await complaint(world, '--preset', 'web')).toMatch(
        /there is no preset "web"\ngemini-image\.json is ignored: everybody may write/,
      );
    },
  );

  test('is no link out of the project, no folder, no pipe and not huge', async () => {
    const linked = createWorld();
    const elsewhere = join(temporaryFolder(), 'x.json');
    writeFileSync(elsewhere, '{}');
    symlinkSync(elsewhere, join(linked.project, 'gemini-image.json'));
    expect(await complaint(linked)).toMatch(/^gemini-image\.json is a link that leads out of its/);
    const lost = createWorld();
    symlinkSync('nowhere', join(lost.project, 'gemini-image.json'));
    expect(await complaint(lost)).toMatch(/^gemini-image\.json cannot be read: no such file/);
    const folder = createWorld();
    mkdirSync(join(folder.project, 'gemini-image.json'));
    expect(await complaint(folder)).toMatch(/^gemini-image\.json is a folder\n.*--no-config/);
    expect(await said(' '.repeat(300_000))).toMatch(/^gemini-image\.json is larger than 256 KB/);
    expect(await said('\0{\0}')).toMatch(/is no UTF-8 text/);
    if (process.platform === 'win32') return;
    const pipe = createWorld();
    execFileSync('mkfifo', [join(pipe.project, 'gemini-image.json')]);
    expect(await complaint(pipe)).toMatch(/^gemini-image\.json is no regular file/);
  });
});

test("the user's own file lies where the system has such files", () => {
  expect(userFile({ HOME: '/home/ada' }, 'linux')).toBe(
    '/home/ada/.config/gemini-image/gemini-image.json',
  );
  expect(userFile({ HOME: '/Users/ada' }, 'darwin')).toBe(
    '/Users/ada/.config/gemini-image/gemini-image.json',
  );
  expect(userFile({ HOME: '/home/ada', XDG_CONFIG_HOME: '/etc/ada' }, 'linux')).toBe(
    '/etc/ada/gemini-image/gemini-image.json',
  );
  // A relative one would be another folder for each command.
  expect(userFile({ HOME: '/home/ada', XDG_CONFIG_HOME: 'conf' }, 'linux')).toMatch(/^\/home\/ada/);
  expect(userFile({ APPDATA: '/ada/AppData/Roaming', USERPROFILE: '/ada' }, 'win32')).toBe(
    '/ada/AppData/Roaming/gemini-image/gemini-image.json',
  );
});

describe('the JSON', () => {
  test.each<[string, string, RegExp]>([
    ['nothing', '', /^gemini-image\.json is empty\n/],
    ['a comment', '{\n  // no\n}', /^gemini-image\.json:2:3: here it is no JSON .*\n.*no comments/],
    ['a last comma', '{"presets": {},}', /:1:16: here it is no JSON any more/],
    ['an end too early', '{"presets": {', /:1:14: the JSON ends in the middle/],
    ['more than one value', '{} {}', /:1:4: something follows the JSON/],
    ['a list', '[]', /:1:1: the file has to be an object, and is a list/],
    [
      'a name twice',
      '{"presets": {},\n "presets": {}}',
      /:2:2: presets stands here a second time, after line 1/,
    ],
    [
      'a name twice by an escape',
      '{"defaults": {"check": {"seed": 1, "s\\u0065ed": 2}}}',
      /:1:36: seed stands here a second time/,
    ],
  ])('%s is said with its place', async (_, text, words) => {
    expect(await said(text)).toMatch(words);
  });

  test('a BOM is passed over', async () => {
    const world = createWorld();
    world.settings('\ufeff{"defaults": {"describe": {"lang": "de"}}}');
    expect((await world.holding(['describe'])).lang?.value).toBe('de');
  });
});

describe('what is wrong is said with its place', () => {
  test.each<[unknown, RegExp]>([
    [describeWith({ langg: 'de' }), /:1:26: there is no setting "langg" here; did you mean lang\?/],
    [describeWith({ 'max-edge': 5 }), /"max-edge" here; did you mean maxEdge\?/],
    [describeWith({ seed: '5' }), /:1:33: seed has to be a whole number .*, and is the text "5"/],
    [describeWith({ seed: 1.5 }), /seed has to be a whole number from 0 to \d+, and is 1\.5/],
    [describeWith({ long: 'yes' }), /long has to be true or false, and is the text "yes"/],
    [describeWith({ lang: '' }), /lang has to be a text, and is empty/],
    [describeWith({ lang: null }), /lang has to be a text, and is null/],
    [describeWith({ style: ['alt', 3] }), /entry 2 of style has to be a text, and is 3/],
    [
      describeWith({ format: 'xml' }),
      /format has to be one of text, json, .*, and is the text "xml"/,
    ],
    [describeWith({ background: 'reddish' }), /:1:26: background cannot be "reddish"\n/],
    [
      describeWith({ lang: 'nö' }),
      /no language tag\n.*\nlang stands in gemini-image\.json:1:26; --no-lang leaves it out\./,
    ],
    [
      describeWith({ style: 'nope' }),
      /unknown style nope\n.*\nstyle stands in gemini-image\.json:1:26/,
    ],
    [{ defaults: { check: { style: 'alt' } } }, /:1:23: check has no --style/],
    [
      { defaults: { descrbe: {} } },
      /:1:14: there is no command "descrbe" here; did you mean describe\?/,
    ],
    [{ defaults: { '*': { format: 'json' } } }, /format means something else in each command/],
    [{ lang: 'de' }, /there is no entry "lang" here\nFlags stand in \{"defaults": \{"describe"/],
    [{ describe: {} }, /there is no entry "describe" here\nWrite \{"defaults": \{"describe"/],
    [{ preset: {} }, /there is no entry "preset" here; did you mean presets\?/],
    [{ presets: { 'a b': {} } }, /:1:13: "a b" is no name for a preset/],
    ['{"presets": {"__proto__": {}}}', /"__proto__" is no name for a preset/],
    ['{"defaults": {"check": {"__proto__": 1}}}', /there is no setting "__proto__" here/],
    ['{"constructor": {}}', /there is no entry "constructor" here/],
    [{ a: 1, b: 2, c: 3 }, /there is no entry "a" here \(and 2 more problems\)/],
  ])('%j', async (settings, words) => {
    expect(await said(settings)).toMatch(words);
  });

  test('an error about two flags of a file names both places', async () => {
    const world = createWorld();
    world.settings({ presets: { both: { style: 'alt', prompt: 'Why?' } } });
    expect(await complaint(world, '--preset', 'both')).toMatch(
      /style stands in gemini-image\.json:1:21 \(preset both\), prompt stands in .*; --no-style --no-prompt leaves them out\./,
    );
  });
});

describe('--preset', () => {
  test('of an unknown name gets the nearest one, and where presets are', async () => {
    const world = createWorld();
    expect(await complaint(world, '--preset', 'web')).toMatch(
      /^there is no preset "web"\nNo gemini-image\.json holds here: .*\.config/,
    );
    world.settings({ presets: { web: {}, fast: {} } });
    expect(await complaint(world, '--preset', 'wbe')).toMatch(
      /^there is no preset "wbe"; did you mean web\?\ngemini-image\.json has web, fast\.\n$/,
    );
    expect(await complaint(world, '--preset', '__proto__')).toMatch(/^there is no preset/);
    expect(await complaint(world, '--preset', 'web,')).toMatch(/^there is no preset ""/);
  });

  test('that both files have is refused', async () => {
    const world = createWorld();
    world.settings({ presets: { web: { lang: 'de' } } });
    world.own({ presets: { web: { exclude: 'private/**' } } });
    expect(await complaint(world, '--preset', 'web')).toMatch(
      /^there are two presets named web: gemini-image\.json:1:13 and \/.*:1:13\nRename yours/,
    );
  });

  test('with a flag that the command has not is refused', async () => {
    const { settings, run } = createWorld();
    settings({ presets: { web: { seed: 1, style: 'alt' } } });
    const args = ['check', 'photo.png', '--that', 'a', '--offline', '--preset', 'web'];
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/:1:29: the preset web sets --style, which check does not take\n/);
  });
});

describe('what may not stand in a file', () => {
  const of = (level: Level) =>
    Object.keys(SETTABLE).filter((name) => SETTABLE[name]?.level === level);

  test.each([...of('user'), ...of('preset')])('%s in that of a project', async (name) => {
    const { message, hint } = await refusal({ presets: { web: { [name]: true } } }, 'project');
    expect(message).toMatch(
      new RegExp(`^x\\.json:1:20: ${name} may not stand in a project's file: \\w`),
    );
    const place = SETTABLE[name]?.level === 'preset' ? 'a preset of your' : 'your';
    expect(hint).toBe(
      `It may stand in ${place} own file (/own.json), or on the command line: ${flagOfSetting(name)}.`,
    );
  });

  test.each(of('preset'))("%s among the defaults of the user's own", async (name) => {
    const { message, hint } = await refusal({ defaults: { describe: { [name]: true } } }, 'user');
    expect(message).toMatch(new RegExp(`:1:26: ${name} may not stand among defaults: \\w`));
    expect(hint).toMatch(/^It may stand in a preset of your own file \(\/own\.json\), or on the/);
  });

  test.each(Object.keys(COMMAND_LINE_ONLY))('%s in any file', async (name) => {
    for (const whose of ['project', 'user'] as const) {
      const { message, hint } = await refusal({ presets: { web: { [name]: true } } }, whose);
      expect(message).toMatch(new RegExp(`:1:20: ${name} may stand in no file of settings: \\w`));
      expect(hint).toContain(`Give ${flagOfSetting(name)} on the command line`);
    }
  });

  test.each([
    ...['key', 'apiKey', 'GEMINI_API_KEY', 'api_key', 'GEMINI_API_KEY_CMD', 'keyCommand'],
    ...['proxy', 'HTTPS_PROXY'],
  ])('%s, which belongs into the environment', async (name) => {
    const { message, hint } = await refusal({ defaults: { '*': { [name]: 'x' } } }, 'user');
    expect(message).toMatch(/may stand in no file of settings: /);
    expect(hint).toMatch(/^Set \w+ in the environment/);
  });

  test('a size beyond what holds anyway, in a project', async () => {
    expect(await said(describeWith({ maxEdge: 0 }))).toMatch(/maxEdge has to be .* from 1 to 3072/);
    expect(await said(describeWith({ maxEdge: 9000 }))).toMatch(/\nA project may ask for no more/);
    const { own, holding } = createWorld();
    own(describeWith({ maxEdge: 9000 }));
    expect((await holding(['describe'])).maxEdge?.value).toBe(9000);
  });
});

describe('files that settings name', () => {
  test.each<[string, object]>([
    ['it lies outside of the project', { prompt: '@../secret.txt' }],
    ['it lies outside of the project', { prompt: '@/etc/hostname' }],
    ['it lies outside of the project', { style: 'mine=@../secret.txt' }],
    ['it lies outside of the project', { style: 'tags', vocab: '../words.txt' }],
    ['it lies outside of the project', { schema: '../schema.json' }],
    ['it lies outside of the project', { prompt: '@link.txt' }],
    ['it is hidden', { prompt: '@.env' }],
    ['it is hidden', { context: '@.git/config' }],
    ['it is hidden', { system: '@shown.txt' }],
  ])("%s: not for a project's file", async (why, flags) => {
    const world = createWorld();
    const elsewhere = join(temporaryFolder(), 'secret.txt');
    writeFileSync(elsewhere, 'secret');
    symlinkSync(elsewhere, join(world.project, 'link.txt'));
    world.write('.env', 'GEMINI_API_KEY=secret-key-0123');
    symlinkSync('.env', join(world.project, 'shown.txt'));
    world.settings(describeWith(flags));
    expect(await complaint(world)).toMatch(new RegExp(`:1:\\d+: \\w+ may not read \\S+: ${why}`));
  });

  test("the user's own file names any, from its own folder", async () => {
    const world = createWorld();
    world.own(describeWith({ prompt: '@prompts/why.txt' }));
    expect(await complaint(world)).toMatch(/the prompt's file .*prompts\/why\.txt cannot be read/);
    mkdirSync(join(world.home, '.config/gemini-image/prompts'));
    writeFileSync(join(world.home, '.config/gemini-image/prompts/why.txt'), 'Why?');
    const { code } = await world.run(['describe', 'photo.png', '--offline']);
    expect(code).toBe(0);
  });

  test('@@ begins a text with an @, and - is no standard input', async () => {
    const world = createWorld();
    world.settings(describeWith({ prompt: '@@home' }));
    expect((await world.holding(['describe'])).prompt?.value).toBe('@@home');
    world.settings({ defaults: { check: { claims: '-' } } });
    const { stderr } = await world.run(['check', 'photo.png', '--offline']);
    expect(stderr).toMatch(/:1:32: claims has to name a file/);
  });

  test('a schema may stand there itself', async () => {
    const world = createWorld();
    const schema = { type: 'object', properties: { title: { type: 'string' } } };
    world.settings(describeWith({ schema, format: 'json' }));
    const { stdout } = await world.run(['describe', 'photo.png', '--offline']);
    expect(JSON.parse(stdout).data).toEqual({ title: expect.any(String) });
  });
});

describe('the schemas that ship', () => {
  const schemaOf = (whose: string) => JSON.parse(readFileSync(`schema/${whose}.json`, 'utf8'));

  test('say the same as the command, by another validator', async () => {
    const ajv = new Ajv({ strict: false });
    const validators = {
      project: ajv.compile(schemaOf('project')),
      user: ajv.compile(schemaOf('user')),
    };
    const files = [
      {},
      { $schema: 'x', defaults: {}, presets: {} },
      describeWith({ lang: 'de', style: ['alt'], maxWords: 5, exclude: 'a', schema: {} }),
      describeWith({ maxEdge: 0 }),
      describeWith({ maxEdge: 4000 }),
      describeWith({ seed: -1 }),
      describeWith({ temperature: 2.5 }),
      describeWith({ timeout: 0 }),
      describeWith({ tier: 'flex' }),
      describeWith({ overwrite: true }),
      describeWith({ langg: 'de' }),
      describeWith({ style: [1] }),
      { defaults: { check: { lang: 'de' } } },
      { defaults: [] },
      { presets: { web: { overwrite: true, format: 'coco' } } },
      { presets: { 'a b': {} } },
      { presets: { web: 1 } },
      { other: 1 },
      [],
      null,
    ];
    for (const whose of ['project', 'user'] as const) {
      const places = placesIn('{}');
      for (const file of files) {
        const about = { whose, shown: 'x.json', places, own: undefined };
        const isRight = await checkFile(file, about).then(
          () => true,
          () => false,
        );
        const byAjv = validators[whose](file);
        expect({ whose, file, isRight }).toEqual({ whose, file, isRight: byAjv });
      }
    }
  });

  test('have every flag of the table, and are named by the package', () => {
    const nameIn = (whose: string) =>
      Object.keys(schemaOf(whose).properties.presets.additionalProperties.properties);
    const names = (levels: readonly Level[]) =>
      Object.keys(SETTABLE).filter((name) => levels.includes(SETTABLE[name]?.level ?? 'preset'));
    expect(nameIn('project').sort()).toEqual(names(['project']).sort());
    expect(nameIn('user').sort()).toEqual(names(['project', 'user', 'preset']).sort());
    const { exports, files } = JSON.parse(readFileSync('package.json', 'utf8'));
    for (const whose of ['project', 'user']) {
      expect(exports[`./schema/${whose}.json`]).toBe(`./schema/${whose}.json`);
    }
    expect(files).toContain('schema');
    expect(schemaOf('project').$id).toBe('https://unpkg.com/gemini-image/schema/project.json');
  });

  test('the documentation lists what may stand where', () => {
    const page = readFileSync('docs/presets.md', 'utf8');
    const listed = (row: string) => {
      const line = page.split('\n').findLast((one) => one.startsWith(`| ${row}`)) ?? '';
      return [...line.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort();
    };
    const names = (level: Level) =>
      Object.keys(SETTABLE).filter((name) => SETTABLE[name]?.level === level);
    expect(listed("project's file and your own")).toEqual(names('project').sort());
    expect(listed('your own file   ')).toEqual(names('user').sort());
    expect(listed('presets of your own file')).toEqual(names('preset').sort());
    const [example = ''] = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, code]) => code);
    const ajv = new Ajv({ strict: false });
    expect(ajv.validate(schemaOf('project'), JSON.parse(example))).toBe(true);
  });
});
