/** `--vocab`: tags from a list only, in one step and in two. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import { answer, type Seen, sendJson, serve } from '../support/scripted-server.js';

/** Answers each request in turn, with a value as JSON. */
function replies(...answers: readonly unknown[]) {
  return serve((response, at) => {
    const next = answers[Math.min(at, answers.length - 1)];
    sendJson(response, 200, answer(typeof next === 'string' ? next : JSON.stringify(next)));
  });
}

const SMALL = 'animals > dogs > terrier\nanimals > dogs = hound\nboat = ship, {vessel}\nharbour\n';
const LARGE = Array.from({ length: 10_000 }, (_, at) => `things > thing ${at}`).join('\n');

function folderWith(words: string, pictures: Record<string, string> = { 'a.png': 'small.png' }) {
  const cwd = temporaryFolder(pictures);
  writeFileSync(join(cwd, 'words.txt'), words);
  return cwd;
}

const TAGS = ['-s', 'tags', '--vocab', 'words.txt'];

const partsOf = ({ json }: Seen) => json.contents[0].parts;
const enumOf = ({ json }: Seen) => json.generationConfig.responseJsonSchema.items.enum;

describe('a list that the service takes for too large', () => {
  const WORDS = Array.from({ length: 90 }, (_, at) => `thing ${at}`).join('\n');
  const tooLarge = {
    error: {
      code: 400,
      status: 'INVALID_ARGUMENT',
      message: 'The specified schema produces a constraint that has too many states for serving.',
    },
  };
  /** Refuses enums of more than some words. */
  const strict = (most: number, value: unknown) =>
    serve((response, _at, request) => {
      const schema = request.json.generationConfig.responseJsonSchema;
      const { enum: words = [] } = schema.items ?? schema.properties.tags.items;
      if (words.length > most) sendJson(response, 400, tooLarge);
      else sendJson(response, 200, answer(JSON.stringify(value)));
    });

  test('is told in words instead, and the tags are held to it all the same', async () => {
    const { env, requests } = await strict(50, ['thing 7']);
    const pictures = { 'a.png': 'small.png', 'b.jpg': 'small.jpg' };
    const args = ['describe', 'a.png', 'b.jpg', ...TAGS, '-c', '1'];
    const run = await runInProcess(args, { cwd: folderWith(WORDS, pictures), env });
    expect({ ...run, stderr: '' }).toMatchObject({
      code: 0,
      stdout: 'a.png\tthing 7\nb.jpg\tthing 7\n',
    });
    expect(run.stderr.match(/takes the schema for too large/g)).toHaveLength(1);
    // It is refused once, and remembered.
    expect(requests.map((request) => enumOf(request)?.length)).toEqual([90, undefined, undefined]);
    expect(partsOf(requests[1] as Seen).at(-1).text).toContain('"thing 89"');
  });

  test('also among other styles, where a word outside of it is asked for again', async () => {
    const { env, requests } = await strict(50, { title: 'Things', tags: ['thing 90'] });
    const args = ['describe', 'a.png', '-s', 'title,tags', ...TAGS.slice(2)];
    const { code, stderr } = await runInProcess(args, { cwd: folderWith(WORDS), env });
    expect(code).toBe(7);
    expect(stderr).toContain('the vocabulary does not have');
    expect(requests).toHaveLength(4);
  });

  test('is an error of the run if that does not help', async () => {
    const { env, requests } = await strict(-1, ['thing 7']);
    const args = ['describe', 'a.png', ...TAGS];
    const { code, stderr } = await runInProcess(args, { cwd: folderWith(WORDS), env });
    expect({ code, calls: requests.length }).toEqual({ code: 2, calls: 2 });
    expect(stderr).toContain('the service does not take the schema of the answer (400)');
  });
});

describe('a short list', () => {
  test('is the enum of the schema, and the tags are its words', async () => {
    const { env, requests } = await replies(['boat', 'terrier', 'boat']);
    const args = ['describe', 'a.png', ...TAGS, '-f', 'json'];
    const { stdout, code } = await runInProcess(args, { cwd: folderWith(SMALL), env });
    expect(code).toBe(0);
    const { text, data, matching } = JSON.parse(stdout);
    expect({ text, data, matching }).toEqual({ text: 'boat, terrier', data: ['boat', 'terrier'] });
    expect(requests).toHaveLength(1);
    expect(requests.map(enumOf)).toEqual([['terrier', 'dogs', 'boat', 'harbour']]);
    const { text: prompt } = partsOf(requests[0] as Seen)[1];
    expect(prompt).toContain('boat (also: ship, {vessel})');
    expect(prompt).toContain('terrier (animals > dogs)');
    expect(prompt).toContain('1 to 15');
  });

  test('--vocab-paths all gives the whole paths, and synonyms stand for their words', async () => {
    const { env } = await replies(['hound', 'terrier', 'ship']);
    const args = ['describe', 'a.png', ...TAGS, '--vocab-paths', 'all'];
    const { stdout } = await runInProcess(args, { cwd: folderWith(SMALL), env });
    expect(stdout).toBe('animals, dogs, terrier, boat\n');
  });

  test.each([
    [
      'a word outside',
      ['boat', 'lighthouse'],
      'it has "lighthouse", which the vocabulary does not have',
    ],
    ['none', [], 'it has no word of the vocabulary, and 1 is the fewest'],
    ['no list', { boat: true }, 'it is not a JSON array of strings'],
  ])('%s is asked again, then an error', async (_, wrong, problem) => {
    const { env, requests } = await replies(wrong);
    const { stderr, stdout, code } = await runInProcess(['describe', 'a.png', ...TAGS], {
      cwd: folderWith(SMALL),
      env,
    });
    expect({ stdout, code }).toEqual({ stdout: '', code: 7 });
    expect(stderr).toContain(`the answer is not as it was asked for: ${problem}`);
    expect(requests).toHaveLength(2);
    expect(partsOf(requests[1] as Seen).at(-1).text).toContain(problem);
  });

  test('is asked again, and right then', async () => {
    const { env, requests } = await replies(['lighthouse'], ['harbour']);
    const { stdout } = await runInProcess(['describe', 'a.png', ...TAGS], {
      cwd: folderWith(SMALL),
      env,
    });
    expect(stdout).toBe('harbour\n');
    expect(requests).toHaveLength(2);
  });

  test('more than 15 tags are too many, one is enough', async () => {
    const words = Array.from({ length: 16 }, (_, at) => `word ${at}`);
    const { env } = await replies(words, words.slice(0, 15));
    const cwd = folderWith(words.join('\n'));
    const { stdout } = await runInProcess(['describe', 'a.png', ...TAGS], { cwd, env });
    expect(stdout.split(', ')).toHaveLength(15);
  });

  test('is part of the question: another list asks again, the same one does not', async () => {
    const { env, requests } = await replies(['harbour']);
    const cwd = folderWith(SMALL);
    const run = (...more: string[]) =>
      runInProcess(['describe', 'a.png', ...TAGS, '-o', 'c.jsonl', ...more], { cwd, env });
    await run();
    await run();
    expect(requests).toHaveLength(1);
    await run('--vocab-paths', 'all');
    writeFileSync(join(cwd, 'words.txt'), `${SMALL}pier = jetty\n`);
    await run();
    writeFileSync(join(cwd, 'words.txt'), `${SMALL}pier = dock\n`);
    await run();
    expect(requests).toHaveLength(4);
  });
});

describe('a long list', () => {
  test('takes two steps: free words, then the nearest of the list, without the picture', async () => {
    const { env, requests } = await replies(['thing 77', 'thing 9999', 'a boat'], ['thing 77']);
    const args = ['describe', 'a.png', ...TAGS, '-f', 'json', '--media-resolution', 'low'];
    const { stdout, stderr } = await runInProcess(args, { cwd: folderWith(LARGE), env });
    const record = JSON.parse(stdout);
    expect(record).toMatchObject({
      text: 'thing 77',
      data: ['thing 77'],
      usage: { inputTokens: 2260, outputTokens: 24 },
      matching: { usage: { inputTokens: 1130, outputTokens: 12 } },
    });
    expect(record.matching.costUsd).toBeCloseTo(record.costUsd / 2, 9);
    expect(stderr).toBe('');
    const [first, second] = requests as [Seen, Seen];
    expect(first.json.generationConfig.responseJsonSchema).toEqual({
      type: 'array',
      items: { type: 'string' },
    });
    expect(partsOf(second)).toHaveLength(1);
    expect(second.json.generationConfig).not.toHaveProperty('mediaResolution');
    expect(enumOf(second)).toEqual(expect.arrayContaining(['thing 77', 'thing 9999']));
    expect(enumOf(second).length).toBeLessThanOrEqual(60);
    expect(partsOf(second)[0].text).toContain('["thing 77","thing 9999","a boat"]');
  });

  test('the answer of each step is judged: asked again, then an error with its cost', async () => {
    const { env, requests } = await replies('no list', ['thing 1'], ['boat'], ['boat']);
    const args = ['describe', 'a.png', ...TAGS, '-f', 'jsonl'];
    const { stdout, code } = await runInProcess(args, { cwd: folderWith(LARGE), env });
    expect(code).toBe(7);
    expect(requests).toHaveLength(4);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'failed',
      error: { kind: 'answer', partialText: '["boat"]' },
      usage: { inputTokens: 4520 },
    });
  });

  test('the summary shows the cost of the second step, and --cache pays it once', async () => {
    const { env, requests } = await replies(['thing 5'], ['thing 5']);
    const pictures = { 'a.png': 'small.png', 'b.jpg': 'small.jpg' };
    const cwd = folderWith(LARGE, pictures);
    const args = ['describe', 'a.png', 'b.jpg', ...TAGS, '-c', '1', '--cache'];
    const { stdout, stderr } = await runInProcess(args, { cwd, env });
    expect(stdout).toBe('a.png\tthing 5\nb.jpg\tthing 5\n');
    expect(stderr).toContain('4,520 tokens in, 48 out');
    expect(stderr).toContain(
      'of that for matching the vocabulary: 2,260 tokens in, 24 out, about $0.0007\n',
    );
    const again = await runInProcess(args, { cwd, env });
    expect(again.stdout).toBe(stdout);
    expect(again.stderr).not.toContain('matching');
    expect(requests).toHaveLength(4);
  });

  test('--dry-run and --max-cost count it', async () => {
    const cwd = folderWith(LARGE, { 'a.png': 'small.png', 'b.jpg': 'small.jpg' });
    const dry = async (...args: string[]) =>
      (await runInProcess(['describe', ...args, '--dry-run'], { cwd })).stdout;
    expect(await dry('a.png', 'b.jpg', ...TAGS)).toMatch(
      /\n {2}second step {2}about \$\d\.\d+ of it: about 1,\d{3} tokens in and 120 out, to match words/,
    );
    const one = JSON.parse(await dry('a.png', ...TAGS)).estimate;
    expect(one.matching).toEqual({
      inputTokens: expect.closeTo(800, -2),
      outputTokens: 60,
      costUsd: expect.closeTo(0.0004, 4),
    });
    expect(one.inputTokens).toBeGreaterThan(1120 + 700);
    const { env, requests } = await replies(['thing 5'], ['thing 5']);
    const args = ['describe', 'a.png', ...TAGS, '--max-cost', '0.0012', '-f', 'jsonl'];
    const { stdout, stderr, code } = await runInProcess(args, { cwd, env });
    expect(requests).toHaveLength(1);
    expect({ stderr, code }).toMatchObject({
      code: expect.any(Number),
      stderr: expect.stringContaining('--max-cost'),
    });
    expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', usage: { inputTokens: 1130 } });
  });
});

test.each([
  ['SMALL', SMALL],
  ['LARGE', `${LARGE}\nlandscape\nred`],
])('the emulator answers a list that is %s', async (_, words) => {
  const cwd = folderWith(words);
  const { stdout, code } = await runInProcess(['describe', 'a.png', ...TAGS, '--offline'], { cwd });
  expect(code).toBe(0);
  const known = words.split('\n').map((line) => line.replace(/ = .*/, '').split(' > ').at(-1));
  for (const tag of stdout.trim().split(', ')) expect(known).toContain(tag);
});

test.each([
  [['--vocab', 'words.txt'], '--vocab has the words for the style tags'],
  [['-s', 'alt', '--vocab', 'words.txt'], '--vocab has the words for the style tags'],
  [['-s', 'tags', '--vocab-paths', 'all'], '--vocab-paths is about the words of --vocab'],
  [[...TAGS, '--lang', 'de'], 'the style tags takes no language'],
  [
    ['-s', 'tags', '--vocab', 'nowhere.txt'],
    'the vocabulary nowhere.txt cannot be read: no such file',
  ],
  [['-s', 'tags', '--vocab', 'a.png'], 'it is no UTF-8 text'],
  [[...TAGS, '-o', 'words.txt', '--overwrite'], 'words.txt'],
])('%j is refused before anything is asked', async (flags, words) => {
  const cwd = folderWith(SMALL);
  const { stderr, code } = await runInProcess(['describe', 'a.png', '--offline', ...flags], {
    cwd,
  });
  expect({ stderr, code }).toMatchObject({ code: 2, stderr: expect.stringContaining(words) });
  expect(readFileSync(join(cwd, 'words.txt'), 'utf8')).toBe(SMALL);
});

test('a batch has no second step', async () => {
  const args = ['describe', 'a.png', ...TAGS, '--batch', '-o', 'c.jsonl', '--offline'];
  const { stderr, code } = await runInProcess(args, { cwd: folderWith(LARGE) });
  expect({ stderr, code }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('takes a second question, and --batch asks one'),
  });
});

describe('among several styles', () => {
  const STYLES = ['-s', 'title,tags', '--vocab', 'words.txt', '-f', 'json'];
  const FIRST = { title: 'Boats', tags: ['thing 5', 'a boat'] };

  test('a short list is the enum of its property', async () => {
    const { env, requests } = await replies({ title: 'Boats', tags: ['ship', 'harbour'] });
    const { stdout } = await runInProcess(['describe', 'a.png', ...STYLES], {
      cwd: folderWith(SMALL),
      env,
    });
    expect(JSON.parse(stdout).answers).toEqual({ title: 'Boats', tags: ['boat', 'harbour'] });
    expect(
      requests[0]?.json.generationConfig.responseJsonSchema.properties.tags.items.enum,
    ).toEqual(['terrier', 'dogs', 'boat', 'harbour']);
  });

  test('a long list is matched in a second step, for the tags alone', async () => {
    const { env, requests } = await replies(FIRST, ['thing 5']);
    const { stdout } = await runInProcess(['describe', 'a.png', ...STYLES], {
      cwd: folderWith(LARGE),
      env,
    });
    expect(JSON.parse(stdout)).toMatchObject({
      text: 'Boats',
      answers: { title: 'Boats', tags: ['thing 5'] },
      matching: { usage: { inputTokens: 1130 } },
    });
    expect(requests).toHaveLength(2);
    expect(partsOf(requests[1] as Seen)[0].text).toContain('["thing 5","a boat"]');
  });

  test('what is wrong is asked again by itself, in either step', async () => {
    const long = 'x'.repeat(81);
    const { env, requests } = await replies(
      { ...FIRST, title: long },
      { title: 'Boats' },
      ['boat'],
      ['thing 5'],
    );
    const { stdout } = await runInProcess(['describe', 'a.png', ...STYLES], {
      cwd: folderWith(LARGE),
      env,
    });
    expect(JSON.parse(stdout).answers).toEqual({ title: 'Boats', tags: ['thing 5'] });
    expect(requests).toHaveLength(4);
  });

  test('where no word fits, the other styles are kept as they are elsewhere', async () => {
    const { env } = await replies(FIRST, ['boat'], ['boat'], FIRST, ['boat'], ['boat']);
    const cwd = folderWith(LARGE);
    const failed = await runInProcess(['describe', 'a.png', ...STYLES], { cwd, env });
    expect(failed.code).toBe(7);
    expect(JSON.parse(failed.stdout).error.partialAnswers).toEqual({ title: 'Boats' });
    const kept = await runInProcess(['describe', 'a.png', ...STYLES, '--keep-good'], { cwd, env });
    expect(kept.code).toBe(0);
    expect(JSON.parse(kept.stdout)).toMatchObject({
      status: 'ok',
      answers: { title: 'Boats' },
      leftOut: { tags: expect.stringContaining('it has "boat"') },
    });
  });

  test('a language is for the others', async () => {
    const { env } = await replies({ title: 'Boote', tags: ['boat'] });
    const args = ['describe', 'a.png', ...STYLES, '--lang', 'de'];
    expect((await runInProcess(args, { cwd: folderWith(SMALL), env })).code).toBe(0);
  });

  test('with --cache, each is kept by itself, whole paths too', async () => {
    const words = `${LARGE}\nanimals > dogs > terrier`;
    const { env, requests } = await replies(
      { ...FIRST, tags: ['terrier'] },
      ['terrier'],
      ['terrier'],
    );
    const cwd = folderWith(words);
    const args = ['describe', 'a.png', ...STYLES, '--vocab-paths', 'all', '--cache'];
    const first = JSON.parse((await runInProcess(args, { cwd, env })).stdout);
    expect(first.answers.tags).toEqual(['animals', 'dogs', 'terrier']);
    const again = JSON.parse((await runInProcess(args, { cwd, env })).stdout);
    expect(again).toMatchObject({ answers: first.answers, cached: true });
    expect(requests).toHaveLength(2);
  });

  test('the emulator answers both steps', async () => {
    const cwd = folderWith(`${LARGE}\nred\nlandscape`);
    const args = ['describe', 'a.png', ...STYLES, '--offline'];
    const { stdout, code } = await runInProcess(args, { cwd });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).answers.tags.length).toBeGreaterThan(0);
  });
});
