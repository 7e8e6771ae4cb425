/** Several styles in one call: what is asked, what is kept, and what a later run still asks. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startEmulator } from '../../src/emulator/emulator.js';
import { album, recordsIn } from '../support/album.js';
import { temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import {
  answer,
  KEY,
  type ScriptedServer,
  type Seen,
  sendJson,
  serve,
} from '../support/scripted-server.js';

const TAGS = ['boat', 'quay', 'sea', 'hull', 'sky'];
const LONG = 'A red boat at the quay, '.repeat(6).trim();

/** Good answers by style. */
const GOOD = {
  title: 'A Red Boat',
  caption: 'A red boat lies at a quay.',
  tags: TAGS,
  alt: 'Red boat at a quay.',
  dataset: 'red boat at a quay, calm sea',
  ocr: '',
} as const;

/** The styles that a request asks for; none where its answer is no object. */
function stylesIn({ json }: Seen): string[] {
  return Object.keys(json.generationConfig?.responseJsonSchema?.properties ?? {});
}

function textsIn({ json }: Seen): string[] {
  return json.contents[0].parts.flatMap(({ text }: { text?: string }) => text ?? []);
}

type Said = Readonly<Record<string, unknown>>;

/** Answers each style that is asked for; the last of the answers is given to all that follow. */
function replies(...said: readonly Said[]): Promise<ScriptedServer> {
  return serve((response, at, request) => {
    const now: Said = { ...GOOD, ...said[Math.min(at, said.length - 1)] };
    const styles = stylesIn(request);
    const [prompt = ''] = textsIn(request);
    const alone = Object.keys(GOOD).find((style) => prompt.includes(STARTS[style] ?? '\0'));
    const value =
      styles.length > 0
        ? Object.fromEntries(styles.map((style) => [style, now[style]]))
        : now[alone ?? ''];
    sendJson(response, 200, answer(typeof value === 'string' ? value : JSON.stringify(value)));
  });
}

/** How the prompt of a style begins that is asked alone. */
const STARTS: Readonly<Record<string, string>> = {
  title: 'Write a title',
  caption: 'Write a caption',
  tags: 'List tags',
  alt: 'Write alt text',
  dataset: 'training set',
  ocr: 'Transcribe',
};

async function describeWith(
  { env }: Pick<ScriptedServer, 'env'>,
  args: readonly string[],
  cwd = temporaryFolder({ 'a.png': 'small.png' }),
) {
  const result = await runInProcess(['describe', ...args], { cwd, env });
  return { ...result, cwd };
}

const FOUR = ['-s', 'title,caption,tags,alt'];
const json = (stdout: string) => JSON.parse(stdout);

describe('several styles', () => {
  test('are asked in one call, and each has its answer', async () => {
    const server = await replies();
    const { code, stdout } = await describeWith(server, ['a.png', ...FOUR, '-f', 'json']);
    expect(code).toBe(0);
    const { title, caption, tags, alt } = GOOD;
    expect(json(stdout)).toMatchObject({
      status: 'ok',
      text: title,
      answers: { title, caption, tags, alt },
      asked: { style: 'title,caption,tags,alt' },
      usage: { inputTokens: 1130 },
    });
    expect(json(stdout)).not.toHaveProperty('data');
    expect(server.requests.map(stylesIn)).toEqual([['title', 'caption', 'tags', 'alt']]);
  });

  test('may be named by repeated flags, once each', async () => {
    const server = await replies();
    const args = ['a.png', '-s', 'title', '-s', 'tags,title', '-s', 'alt', '-f', 'json'];
    const { stdout } = await describeWith(server, args);
    expect(Object.keys(json(stdout).answers)).toEqual(['title', 'tags', 'alt']);
  });

  test('are a line each as text, and with their picture for several', async () => {
    const server = await replies();
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.jpg': 'small.jpg' });
    const one = await describeWith(server, ['a.png', '-s', 'title,tags'], cwd);
    expect(one.stdout).toBe('title: A Red Boat\ntags: boat, quay, sea, hull, sky\n');
    const two = await describeWith(server, ['a.png', 'b.jpg', '-s', 'title,tags'], cwd);
    expect(two.stdout).toBe(
      ['a.png', 'b.jpg']
        .map((name) => `${name}\ttitle\tA Red Boat\n${name}\ttags\tboat, quay, sea, hull, sky\n`)
        .join(''),
    );
  });

  test('are a column each in a table', async () => {
    const server = await replies();
    for (const [format, mark] of [
      ['csv', ','],
      ['tsv', '\t'],
    ] as const) {
      const { stdout } = await describeWith(server, ['a.png', '-s', 'title,tags', '-f', format]);
      const [header = '', row = ''] = stdout.split(/\r?\n/);
      expect(header.split(mark).slice(-2)).toEqual(['title', 'tags']);
      expect(row.split(mark).slice(-2)).toEqual(['A Red Boat', TAGS.join('; ')]);
    }
  });

  test('with --long, alt text has its description beside it', async () => {
    const alt = { alt: 'Red boat.', description: 'A boat.\nA quay.' };
    const server = await replies({ alt });
    const args = ['a.png', '-s', 'alt,title', '--long'];
    const record = await describeWith(server, [...args, '-f', 'json']);
    expect(json(record.stdout)).toMatchObject({
      text: 'Red boat.\n\nA boat.\nA quay.',
      answers: { alt, title: GOOD.title },
    });
    const text = await describeWith(server, args);
    expect(text.stdout).toBe('alt: Red boat. A boat. A quay.\ntitle: A Red Boat\n');
    const csv = await describeWith(server, [...args, '-f', 'csv']);
    expect(csv.stdout).toContain(',alt.alt,alt.description,title\r\n');
    expect(csv.stdout).toContain(',Red boat.,"A boat.\nA quay.",A Red Boat');
  });

  test('of the user stand beside the others', async () => {
    const server = await replies({ mine: 'red', yours: 'blue' });
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    writeFileSync(join(cwd, 'prompt.txt'), 'Which colour, of {name}, has the boat?\n');
    const args = ['a.png', '-s', 'title,mine=@prompt.txt', '-s', 'yours=And the sea, if any?'];
    const { code, stdout } = await describeWith(server, args, cwd);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'title: A Red Boat\nmine: red\nyours: blue\n',
    });
    const [prompt] = server.requests.flatMap(textsIn);
    expect(prompt).toContain('Which colour, of a.png, has the boat?');
    expect(prompt).toContain('And the sea, if any?');
  });

  test('take the options that some of them take, and refuse those that none does', async () => {
    const server = await replies();
    const good = await describeWith(server, ['a.png', '-s', 'title,ocr', '--lang', 'de']);
    expect(good.code).toBe(0);
    const [prompt = ''] = server.requests.flatMap(textsIn);
    expect(prompt.match(/Answer in German/g)).toHaveLength(1);
    const bad = await describeWith(server, ['a.png', '-s', 'tags,ocr', '--max-words', '5']);
    expect(bad).toMatchObject({ code: 2, stdout: '' });
    expect(bad.stderr).toContain('takes no limit of words');
    const long = await describeWith(server, ['a.png', '-s', 'title,tags', '--long']);
    expect(long.stderr).toContain('only the style alt has a long form');
    expect(server.requests).toHaveLength(1);
  });

  test('that are named wrongly are refused before any call', async () => {
    const server = await replies();
    const cases: Record<string, string[]> = {
      'unknown style titel\nDid you mean title? There are': ['-s', 'title,titel'],
      '--style has an empty name in "title,"': ['-s', 'title,'],
      '"9mine" is no name for a style of your own': ['-s', '9mine=What is it?'],
      'a style of your own cannot be named title': ['-s', 'title=What is it?'],
      'two styles are named mine': ['-s', 'mine=What is it?', '-s', 'mine=What else?'],
      'the prompt of the style mine is empty': ['-s', 'mine='],
      'unknown placeholder {nope}': ['-s', 'mine={nope}', '-s', 'title'],
      "the prompt of the style mine's file gone.txt cannot be read": ['-s', 'mine=@gone.txt'],
      'a prompt of your own and a style exclude each other': ['-s', 'title,tags', '-p', 'What?'],
      '--style and a schema both say': ['-s', 'title,tags', '--fields', 'title'],
      '--stream prints text as it arrives': ['-s', 'title,tags', '--stream'],
      '--keep-good keeps the right answers of several styles': ['-s', 'title', '--keep-good'],
    };
    for (const [message, args] of Object.entries(cases)) {
      const { code, stderr } = await describeWith(server, ['a.png', ...args]);
      expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    }
    expect(server.requests).toHaveLength(0);
  });

  test('are answered by the emulator, which accepts all of them together', async () => {
    const emulator = await startEmulator();
    onTestFinished(() => emulator.close());
    const env = { GOOGLE_GEMINI_BASE_URL: emulator.url, GEMINI_API_KEY: KEY };
    const all = ['caption', 'alt', 'detailed', 'title', 'tags', 'ocr', 'product', 'dataset'];
    const args = ['a.png', '-s', all.join(','), '-s', 'mine=Use at most 3 words.', '-f', 'json'];
    const { code, stdout } = await describeWith({ env }, args);
    expect(code).toBe(0);
    const { answers } = json(stdout);
    expect(Object.keys(answers)).toEqual([...all, 'mine']);
    // Each keeps to its own limits alone.
    expect(answers.title).toMatch(/^\[offline\] Landscape PNG/);
    expect(answers.detailed.length).toBeGreaterThan(125);
    expect(answers.mine.split(' ').length).toBeLessThanOrEqual(3);
  });
});

describe('an answer of which a part is wrong', () => {
  test('is asked for again in that part alone, and the rest stays', async () => {
    const server = await replies({ alt: LONG }, { title: 'Another title', alt: GOOD.alt });
    const { code, stdout } = await describeWith(server, ['a.png', ...FOUR, '-f', 'json']);
    expect(code).toBe(0);
    const { title, caption, tags, alt } = GOOD;
    expect(json(stdout)).toMatchObject({
      answers: { title, caption, tags, alt },
      usage: { inputTokens: 2 * 1130 },
    });
    expect(server.requests.map(stylesIn)).toEqual([['title', 'caption', 'tags', 'alt'], ['alt']]);
    const [, second] = server.requests;
    const correction = second && textsIn(second).at(-1);
    expect(correction).toContain('of alt, it has 143 characters, and 125 are the most');
    expect(correction).toContain(LONG);
    expect(correction).not.toContain(title);
    // What was asked comes again as it was, so that it may come from the service's cache.
    expect(second && textsIn(second)[0]).toBe(server.requests.flatMap(textsIn)[0]);
  });

  test('and stays wrong is a failure that keeps the right ones', async () => {
    const server = await replies({ alt: LONG });
    const { code, stdout } = await describeWith(server, ['a.png', ...FOUR, '-f', 'json']);
    expect(code).toBe(7);
    const { title, caption, tags } = GOOD;
    expect(json(stdout)).toMatchObject({
      status: 'failed',
      error: { kind: 'answer', partialAnswers: { title, caption, tags } },
      asked: { style: 'title,caption,tags,alt' },
      usage: { inputTokens: 2 * 1130 },
    });
    expect(json(stdout).error.partialAnswers).not.toHaveProperty('alt');
    const text = await describeWith(server, ['a.png', ...FOUR]);
    expect(text.stdout).toBe('');
  });

  test('is a record without that part with --keep-good, and a later run asks for it alone', async () => {
    const server = await replies({ alt: LONG }, { alt: LONG }, { alt: LONG }, { alt: LONG }, {});
    const args = ['a.png', ...FOUR, '--keep-good', '-o', 'x.jsonl'];
    const { code, stderr, cwd } = await describeWith(server, args);
    expect(code).toBe(0);
    expect(stderr).toContain('a.png: the answer to alt is left out: it has 143 characters');
    const { title, caption, tags, alt } = GOOD;
    const [first] = recordsIn(join(cwd, 'x.jsonl'));
    expect(first).toMatchObject({
      status: 'ok',
      answers: { title, caption, tags },
      leftOut: { alt: expect.stringContaining('143 characters') },
    });
    expect(Object.keys(Object(first).requests)).toEqual(['title', 'caption', 'tags']);
    // Wrong once more: what is there stays an answer.
    expect(await describeWith(server, args, cwd)).toMatchObject({ code: 0 });
    expect(await describeWith(server, args, cwd)).toMatchObject({ code: 0 });
    expect(recordsIn(join(cwd, 'x.jsonl')).at(-1)).toMatchObject({
      answers: { title, caption, tags, alt },
      usage: { inputTokens: 1130 },
      asked: { style: 'alt' },
    });
    expect(server.requests.map(stylesIn).slice(2)).toEqual([[], [], []]);
    const again = await describeWith(server, args, cwd);
    expect(again.stderr).toContain('there is an answer already');
  });

  test('is kept once for equal pictures, ends no run, and leaves nothing false in the cache', async () => {
    const server = await replies({ ocr: 'The text in the image: MARTA' });
    const cwd = temporaryFolder({
      'a.png': 'small.png',
      'b.png': 'small.png',
      'c.jpg': 'small.jpg',
    });
    vi.stubEnv('XDG_CACHE_HOME', join(cwd, 'cache'));
    onTestFinished(() => void vi.unstubAllEnvs());
    const args = ['a.png', 'b.png', 'c.jpg', '-s', 'title,ocr', '--keep-good', '-f', 'json'];
    const run = (...more: string[]) =>
      describeWith(server, [...args, '--cache', '-c', '1', '--fail-fast', ...more], cwd);
    const first = await run();
    expect(first.code).toBe(0);
    const kept = { answers: { title: GOOD.title }, leftOut: { ocr: expect.any(String) } };
    expect(json(first.stdout)).toMatchObject([kept, { ...kept, costUsd: 0 }, kept]);
    // Two pictures, twice each.
    expect(server.requests).toHaveLength(4);
    const second = await run();
    expect(json(second.stdout)).toMatchObject([kept, kept, kept]);
    expect(server.requests.map(stylesIn).slice(4)).toEqual([[], [], [], []]);
  });

  test('is a failure with --keep-good too if nothing of it is right', async () => {
    const server = await replies({ alt: LONG, title: 'A Boat.' });
    const { code, stdout } = await describeWith(server, [
      ...['a.png', '-s', 'title,alt', '--keep-good', '-f', 'json'],
    ]);
    expect(code).toBe(7);
    expect(json(stdout).error).not.toHaveProperty('partialAnswers');
  });

  test('keeps the right ones also if the second answer is refused', async () => {
    const replying = () =>
      serve((response, at) => {
        const said = answer(JSON.stringify({ title: GOOD.title, alt: LONG }));
        sendJson(response, 200, at === 0 ? said : answer('', 'SAFETY'));
      });
    const args = ['a.png', '-s', 'title,alt', '-f', 'json'];
    const failed = await describeWith(await replying(), args);
    expect(failed.code).toBe(7);
    expect(json(failed.stdout).error).toMatchObject({
      finishReason: 'SAFETY',
      partialAnswers: { title: GOOD.title },
    });
    const kept = await describeWith(await replying(), [...args, '--keep-good']);
    expect(kept.code).toBe(0);
    expect(json(kept.stdout)).toMatchObject({
      finishReason: 'STOP',
      answers: { title: GOOD.title },
      leftOut: { alt: expect.stringContaining('143 characters') },
    });
  });

  test('that is asked alone later has the others in its record of a failure', async () => {
    const server = await replies({ alt: LONG });
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    const run = (...args: string[]) =>
      describeWith(server, ['a.png', ...args, '-o', 'x.jsonl'], cwd);
    await run('-s', 'title,tags');
    expect((await run('-s', 'title,tags,alt')).code).toBe(7);
    const { title, tags } = GOOD;
    expect(recordsIn(join(cwd, 'x.jsonl')).at(-1)).toMatchObject({
      status: 'failed',
      error: { partialAnswers: { title, tags } },
      asked: { style: 'alt' },
    });
  });

  test('as a whole is asked for again as a whole', async () => {
    const server = await serve((response, at) => {
      sendJson(response, 200, answer(at === 0 ? 'Sure!' : '{"title":"A Boat","tags":"none"}'));
    });
    const { code, stdout } = await describeWith(server, [
      'a.png',
      '-s',
      'title,tags',
      '-f',
      'json',
    ]);
    expect(code).toBe(7);
    expect(json(stdout).error).toMatchObject({
      message: expect.stringContaining('of tags, it is not a JSON array of strings'),
      partialAnswers: { title: 'A Boat' },
    });
    expect(server.requests.map(stylesIn)).toEqual([
      ['title', 'tags'],
      ['title', 'tags'],
    ]);
  });
});

describe('a results file', () => {
  test('is asked for the styles that it lacks, and joins them', async () => {
    const server = await replies();
    const cwd = await album(20);
    const run = (styles: string) =>
      describeWith(server, ['photos', '-s', styles, '-o', 'x.jsonl'], cwd);
    await run('title,caption,tags');
    expect(server.requests).toHaveLength(20);
    await run('title,caption,tags,alt');
    await run('dataset,title,alt,caption,tags');
    expect(server.requests).toHaveLength(60);
    expect(new Set(server.requests.slice(20).flatMap(stylesIn)).size).toBe(0);
    const { title, caption, tags, alt, dataset } = GOOD;
    const last = recordsIn(join(cwd, 'x.jsonl')).slice(40);
    expect(last).toHaveLength(20);
    for (const record of last) {
      expect(record).toMatchObject({
        text: dataset,
        answers: { dataset, title, alt, caption, tags },
        usage: { inputTokens: 1130 },
        costUsd: 0.000369,
        asked: { style: 'dataset' },
      });
    }
    const { stderr } = await run('alt,title');
    expect(stderr).toContain('20 done before');
    expect(server.requests).toHaveLength(60);
  });

  test('knows a style that was asked alone in a set, and the other way round', async () => {
    const server = await replies();
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    const run = (...args: string[]) =>
      describeWith(server, ['a.png', ...args, '-o', 'x.jsonl'], cwd);
    await run('-s', 'tags');
    await run('-s', 'title,tags,caption');
    expect(server.requests.map(stylesIn)).toEqual([[], ['title', 'caption']]);
    await run('-s', 'caption');
    await run('-s', 'tags,title');
    expect(server.requests).toHaveLength(2);
    // Another language is another question.
    await run('-s', 'tags,title', '--lang', 'de');
    expect(server.requests.map(stylesIn).at(-1)).toEqual(['tags', 'title']);
  });

  test('knows the answers of a picture that has another name now', async () => {
    const server = await replies();
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    const run = (name: string, styles: string) =>
      describeWith(server, [name, '-s', styles, '-o', 'x.jsonl'], cwd);
    await run('a.png', 'title');
    await run('a.png', 'tags,caption');
    renameSync(join(cwd, 'a.png'), join(cwd, 'b.png'));
    await run('b.png', 'caption,title,tags');
    expect(server.requests).toHaveLength(2);
    const { title, caption, tags } = GOOD;
    expect(recordsIn(join(cwd, 'x.jsonl')).at(-1)).toMatchObject({
      image: 'b.png',
      text: caption,
      answers: { caption, title, tags },
      copiedFrom: 'a.png',
      costUsd: 0,
    });
    await run('b.png', 'title,alt');
    expect(server.requests).toHaveLength(3);
  });

  test('gives estimates of what is left to ask', async () => {
    const server = await replies();
    const cwd = await album(4);
    const run = (...args: string[]) =>
      describeWith(server, ['photos', '-o', 'x.jsonl', ...args], cwd);
    await run('-s', 'title,caption,tags', '--limit', '3');
    const whole = json((await run('-s', 'title,caption,tags', '--dry-run', '-f', 'json')).stdout);
    expect(whole).toMatchObject({ done: 3, toAsk: 1, inputTokens: 1130, basis: 'measured' });
    const more = json((await run(...FOUR, '--dry-run', '-f', 'json')).stdout);
    expect(more).toMatchObject({ pictures: 4, done: 0, toAsk: 4, basis: 'assumed' });
    // Three are asked for alt text alone, and one for everything.
    expect(more.outputTokens).toBe(3 * 60 + 4 * 60);
    await run(...FOUR, '--limit', '1');
    const measured = json((await run(...FOUR, '--limit', '2', '--dry-run', '-f', 'json')).stdout);
    expect(measured).toMatchObject({ toAsk: 2, inputTokens: 2 * 1130, basis: 'measured' });
  });

  test('is shown by a dry run of one picture as what is left to ask', async () => {
    const server = await replies();
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    const run = (styles: string, ...args: string[]) =>
      describeWith(server, ['a.png', '-s', styles, '-o', 'x.jsonl', ...args], cwd);
    await run('title,caption');
    const { body } = json((await run('title,tags,alt,caption', '--dry-run')).stdout);
    const { properties } = body.generationConfig.responseJsonSchema;
    expect(Object.keys(properties)).toEqual(['tags', 'alt']);
    const done = await run('caption,title', '--dry-run');
    expect({ ...done, stdout: json(done.stdout) }).toMatchObject({
      code: 0,
      stdout: { image: 'a.png', done: 1, toAsk: 0 },
    });
    expect(json((await run('title', '--redo', '--dry-run')).stdout)).toHaveProperty('body');
    expect(server.requests).toHaveLength(1);
  });

  test('is asked about several pictures together in the same way', async () => {
    const server = await replies();
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.jpg': 'small.jpg' });
    const run = (styles: string) =>
      describeWith(server, ['a.png', 'b.jpg', '--together', '-s', styles, '-o', 'x.jsonl'], cwd);
    await run('title,tags');
    await run('title,tags,caption,alt');
    expect(server.requests.map(stylesIn)).toEqual([
      ['title', 'tags'],
      ['caption', 'alt'],
    ]);
    const { title, caption, tags, alt } = GOOD;
    expect(recordsIn(join(cwd, 'x.jsonl')).at(-1)).toMatchObject({
      answers: { title, tags, caption, alt },
    });
  });
});

test('equal pictures of a run are asked about once', async () => {
  const server = await replies();
  const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.png': 'small.png' });
  const args = ['a.png', 'b.png', '-s', 'title,tags', '-f', 'json'];
  const { stdout } = await describeWith(server, args, cwd);
  expect(server.requests).toHaveLength(1);
  const { title, tags } = GOOD;
  expect(json(stdout)).toMatchObject([
    { answers: { title, tags } },
    { answers: { title, tags }, costUsd: 0 },
  ]);
});

describe('the cache', () => {
  test('keeps each style by itself, and only the others are asked', async () => {
    const server = await replies();
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    vi.stubEnv('XDG_CACHE_HOME', join(cwd, 'cache'));
    onTestFinished(() => void vi.unstubAllEnvs());
    const run = async (styles: string) => {
      const args = ['a.png', '--cache', '-f', 'json', '-s', styles];
      return json((await describeWith(server, args, cwd)).stdout);
    };
    await run('tags');
    await run('title,tags,caption');
    expect(server.requests.map(stylesIn)).toEqual([[], ['title', 'caption']]);
    const { title, caption, tags, alt } = GOOD;
    expect(await run('caption,title,tags')).toMatchObject({
      answers: { caption, title, tags },
      cached: true,
      costUsd: 0,
    });
    expect(await run('title')).toMatchObject({ text: title, cached: true });
    const joined = await run('title,alt');
    expect(joined).toMatchObject({ answers: { title, alt }, usage: { inputTokens: 1130 } });
    expect(joined).not.toHaveProperty('cached');
    expect(server.requests).toHaveLength(3);
  });
});

describe('a file beside the picture', () => {
  test('has a line for each style, and is renewed when a style is added', async () => {
    const server = await replies();
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    const run = (styles: string) =>
      describeWith(server, ['a.png', '-s', styles, '-o', 'x.jsonl', '--sidecar'], cwd);
    const sidecar = () => readFileSync(join(cwd, 'a.txt'), 'utf8');
    await run('title,tags');
    expect(sidecar()).toBe('title: A Red Boat\ntags: boat, quay, sea, hull, sky\n');
    await run('title,alt');
    expect(sidecar()).toBe('title: A Red Boat\nalt: Red boat at a quay.\n');
    await run('title');
    expect(sidecar()).toBe('A Red Boat\n');
    await run('tags,alt');
    expect(sidecar()).toBe('tags: boat, quay, sea, hull, sky\nalt: Red boat at a quay.\n');
    expect(server.requests).toHaveLength(2);
  });

  test('that cannot be written has all of its answers printed', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    const server = await serve((response) => {
      mkdirSync(join(cwd, 'a.txt'));
      sendJson(response, 200, answer(JSON.stringify({ title: GOOD.title, tags: TAGS })));
    });
    const { stderr } = await describeWith(server, ['a.png', '-s', 'title,tags', '--sidecar'], cwd);
    expect(stderr).toContain(
      'The answer is: title: A Red Boat\ntags: boat, quay, sea, hull, sky\n',
    );
  });

  test('of the ending json holds the record, and counts for the styles that it has', async () => {
    const server = await replies();
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    const run = (styles: string) =>
      describeWith(server, ['a.png', '-s', styles, '--sidecar', 'json'], cwd);
    await run('title,tags');
    const { title, tags } = GOOD;
    expect(json(readFileSync(join(cwd, 'a.json'), 'utf8'))).toMatchObject({
      answers: { title, tags },
    });
    expect((await run('tags,title')).stderr).toContain('there is an answer already');
    expect(server.requests).toHaveLength(1);
  });

  test('of the emulator gives way to an answer of Gemini', async () => {
    const server = await replies();
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    const args = ['a.png', '-s', 'title,tags', '--sidecar'];
    await describeWith({ env: {} }, [...args, '--offline'], cwd);
    expect(readFileSync(join(cwd, 'a.txt'), 'utf8')).toMatch(/^title: \[offline\]/);
    await describeWith(server, args, cwd);
    expect(readFileSync(join(cwd, 'a.txt'), 'utf8')).toBe(
      'title: A Red Boat\ntags: boat, quay, sea, hull, sky\n',
    );
  });
});

test('what is known about a picture is told once, and is part of each style', async () => {
  const server = await replies();
  const cwd = temporaryFolder({ 'a.png': 'small.png' });
  mkdirSync(join(cwd, 'North Sea'));
  renameSync(join(cwd, 'a.png'), join(cwd, 'North Sea/a.png'));
  const run = (...args: string[]) =>
    describeWith(server, ['North Sea/a.png', '-o', 'x.jsonl', ...args], cwd);
  await run('-s', 'title,tags', '--know', 'folder');
  const [prompt = ''] = server.requests.flatMap(textsIn);
  expect(prompt.match(/folder: North Sea/g)).toHaveLength(1);
  await run('-s', 'title,tags,caption', '--know', 'folder');
  await run('-s', 'title,tags');
  expect(server.requests.map(stylesIn)).toEqual([['title', 'tags'], [], ['title', 'tags']]);
  expect(server.requests.flatMap(textsIn)[1]).toContain('folder: North Sea');
  const failing = await serve((response) => sendJson(response, 200, answer('no JSON')));
  await describeWith(
    failing,
    ['North Sea/a.png', '-s', 'alt,title', '--know', 'folder', '-o', 'x.jsonl'],
    cwd,
  );
  const records = recordsIn(join(cwd, 'x.jsonl')).map(Object);
  const [told, joined, plain] = records;
  expect(joined.requests).toMatchObject(told.requests);
  expect(plain.requests).not.toMatchObject(told.requests);
});

test('styles of a file are asked by their names and by those of their sets', async () => {
  const server = await replies({ headline: 'Boat!', words: ['Boat', 'boat'] });
  const cwd = temporaryFolder({ 'a.png': 'small.png' });
  const file = {
    headline: { prompt: 'Write a headline.', maxChars: 9 },
    web: ['title', 'headline'],
    shop: { words: { prompt: 'List words.', list: true, lowercase: true } },
  };
  writeFileSync(join(cwd, 'styles.json'), JSON.stringify(file));
  const args = ['a.png', '--styles-file', 'styles.json', '-f', 'json'];
  const { stdout } = await describeWith(server, [...args, '-s', 'web,shop'], cwd);
  expect(json(stdout).answers).toEqual({ title: GOOD.title, headline: 'Boat!', words: ['boat'] });
  const [prompt = ''] = server.requests.flatMap(textsIn);
  expect(prompt).toContain('Write a headline.\n\nThe answer has at most 9 characters.');
  const unknown = await describeWith(server, [...args, '-s', 'webs'], cwd);
  expect(unknown.stderr).toContain('dataset, headline, words, shop, web');
  const unused = await describeWith(server, args, cwd);
  expect(unused).toMatchObject({ code: 2 });
  const over = await describeWith(server, [...args, '-s', 'web', '-o', 'styles.json'], cwd);
  expect(over.stderr).toContain('styles.json cannot be written: it is being read');
});

test('the list of styles has those of a file too', async () => {
  const cwd = temporaryFolder();
  const file = {
    headline: { prompt: 'Write a headline.', maxChars: 9, oneLine: true },
    web: ['title', 'headline'],
  };
  writeFileSync(join(cwd, 'styles.json'), JSON.stringify(file));
  const args = ['styles', '--styles-file', 'styles.json'];
  const text = await runInProcess(args, { cwd });
  expect(text.stdout).toContain(
    'headline  your own, at most 9 characters, in one line\n          ? Write a headline.\n',
  );
  expect(text.stdout).toContain('web       a set: title, headline\n');
  const listed = json((await runInProcess([...args, '-f', 'json'], { cwd })).stdout);
  expect(listed.slice(-2)).toMatchObject([
    { name: 'headline', ...file.headline },
    { name: 'web', styles: ['title', 'headline'] },
  ]);
  writeFileSync(join(cwd, 'styles.json'), '{"a": {');
  const broken = await runInProcess(args, { cwd });
  expect(broken).toMatchObject({ code: 2, stdout: '' });
  expect(broken.stderr).toContain('the styles file styles.json is not valid JSON');
});

test('a failed record says what was asked', async () => {
  const server = await serve((response) =>
    sendJson(response, 400, { error: { code: 400, status: 'INVALID_ARGUMENT', message: 'No.' } }),
  );
  const cwd = temporaryFolder({ 'a.png': 'small.png' });
  writeFileSync(join(cwd, 'b.png'), 'no picture');
  const args = ['a.png', 'b.png', 'gone.png', '-f', 'json', '-s', 'alt', '--lang', 'de'];
  const failed = json((await describeWith(server, args, cwd)).stdout);
  const one = json((await describeWith(await replies(), ['a.png', ...args.slice(3)], cwd)).stdout);
  expect(failed).toHaveLength(3);
  for (const record of failed) {
    expect(record).toMatchObject({
      status: 'failed',
      asked: { style: 'alt', lang: 'de' },
      request: one.request,
    });
  }
});
