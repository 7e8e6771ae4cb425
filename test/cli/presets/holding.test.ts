/** Which place wins, and what `config` says of it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createWorld } from './world.js';

describe('the order', () => {
  test('command line, preset, project, user, default: the strongest one wins', async () => {
    const { settings, own, holding } = createWorld();
    settings({
      defaults: { describe: { lang: 'pt', maxWords: 10 } },
      presets: { web: { lang: 'fr', maxWords: 20, seed: 1 } },
    });
    own({ defaults: { describe: { lang: 'de', maxWords: 30, seed: 2, timeout: 5 } } });

    const { lang, maxWords, seed, timeout, concurrency } = await holding([
      'describe',
      ...['--preset', 'web', '--lang', 'it'],
    ]);
    expect(lang).toEqual({ value: 'it', source: 'flag' });
    expect(maxWords).toMatchObject({ value: 20, source: 'preset', preset: 'web' });
    expect(seed).toMatchObject({ value: 1, source: 'preset' });
    expect(timeout).toMatchObject({ value: 5, source: 'user' });
    expect(concurrency).toEqual({ value: 8, source: 'default' });

    const without = await holding(['describe']);
    expect(without.lang).toMatchObject({ value: 'pt', source: 'project' });
    expect(without.lang?.at).toBe('gemini-image.json:1:26');
    expect(without.seed).toMatchObject({ value: 2, source: 'user' });
  });

  test('the environment and .env choose the model before defaults, and after presets', async () => {
    const { settings, holding, write } = createWorld();
    settings({
      defaults: { '*': { model: 'of-project' } },
      presets: { web: { model: 'of-preset' } },
    });
    const env = { GEMINI_IMAGE_MODEL: 'of-environment' };
    expect((await holding(['check'])).model).toMatchObject({
      value: 'of-project',
      source: 'project',
    });
    expect((await holding(['check'], { env })).model).toMatchObject({
      value: 'of-environment',
      source: 'environment',
    });
    expect((await holding(['check', '--preset', 'web'], { env })).model).toMatchObject({
      value: 'of-preset',
      source: 'preset',
    });
    write('.env', 'GEMINI_IMAGE_MODEL=of-env-file');
    expect((await holding(['check'])).model).toMatchObject({
      value: 'of-env-file',
      source: '.env',
    });
  });

  test('the defaults of a command come before those of all, and of presets the later one', async () => {
    const { settings, holding } = createWorld();
    settings({
      defaults: { '*': { seed: 1, temperature: 1 }, check: { seed: 2 } },
      presets: { one: { seed: 3, rpm: 3 }, two: { seed: 4 } },
    });
    const check = await holding(['check']);
    expect([check.seed?.value, check.temperature?.value]).toEqual([2, 1]);
    expect((await holding(['check', '--preset', 'one,two'])).seed?.value).toBe(4);
    const both = await holding(['check', '--preset', 'two', '--preset', 'one']);
    expect([both.seed?.value, both.rpm?.value]).toEqual([3, 3]);
  });

  test('a project asks for less than its user, never for more; excludes add up', async () => {
    const { settings, own, holding } = createWorld();
    settings({ defaults: { '*': { maxEdge: 2000, concurrency: 2, rpm: 900, exclude: 'a/**' } } });
    own({ defaults: { '*': { maxEdge: 512, concurrency: 9, rpm: 10, exclude: ['b/**'] } } });
    const held = await holding(['describe', '--exclude', 'c']);
    expect(held.maxEdge).toMatchObject({ value: 512, source: 'user' });
    expect(held.concurrency).toMatchObject({ value: 2, source: 'project' });
    expect(held.rpm).toMatchObject({ value: 10, source: 'user' });
    expect(held.exclude?.value).toEqual(['c', 'a/**', 'b/**']);
    expect((await holding(['describe', '--max-edge', '900'])).maxEdge?.value).toBe(900);
    own({ defaults: { '*': { maxEdge: 0 } } });
    expect((await holding(['describe'])).maxEdge?.value).toBe(2000);
  });
});

describe('what gives way', () => {
  const DEFAULTS = {
    describe: {
      ...{ style: ['title', 'alt'], lang: 'de', maxWords: 9, long: true, keepGood: true },
      ...{ format: 'jsonl', delimiter: ';', maxEdge: 100, background: 'white', rpm: 5 },
    },
    alt: { format: 'sarif' },
  };
  const names = (held: object) => Object.keys(DEFAULTS.describe).filter((name) => name in held);

  test.each<[string, string[], string[]]>([
    ['a style before a prompt', ['-p', 'Why?'], ['style', 'long', 'keepGood', 'delimiter']],
    ['before another style', ['-s', 'caption'], ['long', 'keepGood', 'delimiter']],
    ['a language before a style that takes none', ['-s', 'ocr'], ['lang', 'maxWords']],
    ['words before a schema', ['--fields', 'a, b'], ['style', 'maxWords', 'long']],
    ['edge and background before the original', ['--original'], ['maxEdge', 'background']],
    ['a rate before batches', ['--batch', '-o', 'x.jsonl'], ['rpm']],
  ])('%s', async (_, args, gone) => {
    const { settings, holding } = createWorld();
    settings({ defaults: DEFAULTS });
    const all = names(await holding(['describe']));
    expect(all).toContain('style');
    const left = names(await holding(['describe', ...args]));
    for (const name of gone) expect(left).not.toContain(name);
  });

  test('a format gives way to the ending of -o, and a delimiter waits for a CSV', async () => {
    const { settings, holding } = createWorld();
    settings({ defaults: DEFAULTS });
    const toFile = await holding(['describe', '-o', 'x.csv']);
    expect(toFile.format).toEqual({ value: 'csv', source: 'default' });
    expect(toFile.delimiter).toMatchObject({ value: ';', source: 'project' });
    expect((await holding(['describe', '-o', 'x.unknown'])).format?.value).toBe('jsonl');
    expect((await holding(['alt'])).format?.source).toBe('default');
    expect((await holding(['alt', '--check'])).format?.value).toBe('sarif');
  });

  test('any flag is taken back by --no- before it', async () => {
    const { settings, own, holding, run } = createWorld();
    settings({ defaults: DEFAULTS });
    own({ defaults: { '*': { recursive: true, concurrency: 3, exclude: 'x' } } });
    const args = ['--no-style', '--no-recursive', '--no-concurrency', '--no-exclude'];
    const held = await holding(['describe', ...args]);
    expect(held.style).toBeUndefined();
    expect(held.recursive?.value).toBe(false);
    expect(held.concurrency?.value).toBe(8);
    expect(held.exclude).toBeUndefined();
    expect((await holding(['describe', '--no-exclude', '--exclude', 'y'])).exclude?.value).toEqual([
      'y',
    ]);
    const { code, stderr } = await run(['describe', 'photo.png', '--no-nonsense']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/unknown option '--no-nonsense'/);
  });

  test('--no-config reads no file, not even a broken one', async () => {
    const { settings, own, holding, run } = createWorld();
    settings('{');
    own('[');
    expect((await holding(['describe', '--no-config'])).style).toBeUndefined();
    expect((await run(['describe', 'photo.png', '--offline', '--no-config'])).code).toBe(0);
    const { code, stderr } = await run(['describe', 'photo.png', '--no-config', '--preset', 'web']);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /--preset names a part of gemini-image\.json, and --no-config reads none/,
    );
  });
});

describe('a run', () => {
  test('takes flags, defaults and presets as if they were typed, and resumes by them', async () => {
    const { settings, run, project, write } = createWorld();
    write('prompts/sign.txt', 'What is on the sign?');
    mkdirSync(join(project, 'deep/er'), { recursive: true });
    settings({
      defaults: { describe: { style: 'title', concurrency: 2 } },
      presets: { sign: { prompt: '@prompts/sign.txt', format: 'json' } },
    });
    const question = async (...args: string[]) => {
      const { code, stdout, stderr } = await run(
        ['describe', '../../photo.png', '--offline', '-f', 'json', ...args],
        { cwd: join(project, 'deep/er') },
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^offline/) });
      const { asked, request } = JSON.parse(stdout);
      return { asked, request };
    };
    const byDefault = await question();
    expect(byDefault).toEqual(await question('--no-config', '-s', 'title'));
    expect(byDefault.asked).toMatchObject({ style: 'title' });
    const byPreset = await question('--preset', 'sign');
    expect(byPreset).toEqual(await question('--no-config', '-p', 'What is on the sign?'));
    expect(byPreset.request).not.toBe(byDefault.request);
  });

  test('a ledger is gone on with where the settings are as before, and asked anew where they changed', async () => {
    const { settings, run } = createWorld();
    const go = async () =>
      (await run(['describe', 'photo.png', '--offline', '-o', 'x.jsonl'])).stderr;
    settings({ defaults: { describe: { style: 'title' } } });
    expect(await go()).not.toMatch(/already/);
    expect(await go()).toMatch(/already/);
    settings({ defaults: { describe: { style: 'alt' } } });
    expect(await go()).not.toMatch(/already/);
  });

  test("a model of the project's file is named; one of the user's own file is not", async () => {
    const { settings, own, run } = createWorld();
    own({ defaults: { '*': { model: 'gemini-3.5-flash' } } });
    const args = ['describe', 'photo.png', '--offline'];
    expect((await run(args)).stderr).not.toMatch(/the model is/);
    settings({ defaults: { '*': { model: 'gemini-3.5-flash' } } });
    expect((await run(args)).stderr).toMatch(
      /^the model is gemini-3\.5-flash, as gemini-image\.json:1:19 says; the default is /,
    );
    expect((await run([...args, '-m', 'gemini-3.5-flash'])).stderr).not.toMatch(/the model is/);
  });

  test('check, detect, alt, review and styles take settings too', async () => {
    const { settings, own, run, write } = createWorld();
    write('claims.txt', 'a boat is there [holds]\n');
    write('styles.json', { short: { prompt: 'In three words.' } });
    settings({
      defaults: {
        check: { claims: 'claims.txt', format: 'json' },
        detect: { what: 'boats', format: 'json' },
        styles: { stylesFile: 'styles.json' },
        alt: { format: 'json' },
        review: { model: 'gemini-3.5-flash' },
      },
    });
    own({ defaults: { alt: { only: 'present' } } });
    write('page.html', '<img src="photo.png" alt="A boat">');
    const check = await run(['check', 'photo.png', '--offline']);
    expect(JSON.parse(check.stdout).data.verdicts[0]).toMatchObject({
      claim: 'a boat is there [holds]',
    });
    const detect = await run(['detect', 'photo.png', '--offline']);
    expect(JSON.parse(detect.stdout)).toMatchObject({ status: 'ok' });
    expect((await run(['styles'])).stdout).toContain('In three words.');
    const alt = await run(['alt', 'page.html', '--check']);
    expect(alt.stdout).toContain('"present"');
  });
});

describe('config', () => {
  test('prints the files with their presets and defaults', async () => {
    const { settings, own, run, home } = createWorld();
    settings({ defaults: { check: { seed: 1 } }, presets: { web: { lang: 'de' }, none: {} } });
    const { stdout, code } = await run(['config']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^project's file {2}\S*gemini-image\.json\n/);
    expect(stdout).toContain(`${home}/.config/gemini-image/gemini-image.json (there is none)`);
    expect(stdout).toMatch(/\npresets +web, none\n/);
    expect(stdout).toMatch(/\ndefaults check {2}seed {2}1 +gemini-image\.json:1:23\n/);
    own('{"a"');
    const broken = await run(['config', '-f', 'json']);
    expect(broken.code).toBe(2);
    expect(JSON.parse(broken.stdout).files).toEqual([
      expect.objectContaining({ whose: 'project', state: 'read', presets: ['web', 'none'] }),
      expect.objectContaining({
        ...{ whose: 'user', state: 'wrong' },
        problem: expect.stringMatching(/:1:5: the JSON ends in the middle$/),
      }),
    ]);
  });

  test('says where the key is set, and never what it is', async () => {
    const { run } = createWorld();
    const env = { GEMINI_API_KEY: 'secret-key-0123456789', HTTPS_PROXY: 'http://u:pw@proxy:1' };
    const { stdout } = await run(['config', 'describe'], { env });
    expect(stdout).toMatch(/\nkey +set +environment, GEMINI_API_KEY of the environment\n/);
    expect(stdout).toMatch(/\nproxy +set +environment, HTTPS_PROXY\n/);
    expect(stdout).not.toMatch(/secret|pw/);
  });

  test('no control character of a file reaches the terminal', async () => {
    const { settings, run } = createWorld();
    settings({ defaults: { describe: { prompt: 'a\u001b[31mred' } } });
    for (const args of [['config'], ['config', 'describe']]) {
      const { stdout } = await run(args);
      expect(stdout).toContain('red');
      expect(stdout).not.toContain('\u001b');
    }
  });

  test('doctor names the files, and what is wrong with them', async () => {
    const { settings, own, run } = createWorld();
    settings({ defaults: { describe: { model: 'gemini-2.5-flash' } }, presets: { web: {} } });
    own({ defaults: { check: { key: 1 } } });
    const { stdout, code } = await run(['doctor', '--offline']);
    expect(code).toBe(2);
    expect(stdout).toMatch(/✓ settings +\S+ \(the project's\): 1 default; presets web\n/);
    expect(stdout).toMatch(/✗ settings +\S+:1:23: key may stand in no file of settings/);
    expect(stdout).toMatch(/model +gemini-2\.5-flash/);
  });
});

test('an output does not take the place of the settings', async () => {
  const { settings, run } = createWorld();
  settings({});
  const args = ['describe', 'photo.png', '--offline', '-f', 'json', '-o', 'gemini-image.json'];
  const { code, stderr } = await run([...args, '--overwrite']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/gemini-image\.json cannot be written: it is being read/);
});

test('in a sub-folder without settings of its own, the nearest file above holds', async () => {
  const { settings, project, write, holding } = createWorld();
  settings({ defaults: { check: { seed: 1 } } });
  write('a/gemini-image.json', { defaults: { check: { seed: 2 } } });
  mkdirSync(join(project, 'a/b'));
  mkdirSync(join(project, 'c'));
  writeFileSync(join(project, 'c/.git'), 'gitdir: elsewhere');
  const seedIn = async (folder: string) =>
    (await holding(['check'], { cwd: join(project, folder) })).seed?.value;
  expect(await seedIn('a/b')).toBe(2);
  expect(await seedIn('.')).toBe(1);
  expect(await seedIn('c')).toBeUndefined();
});
