/** Answers by a schema: what is asked, what is taken, and what is asked for again. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startEmulator } from '../../src/emulator/emulator.js';
import { schemaOfFields } from '../../src/schema/fields.js';
import { album } from '../support/album.js';
import { fixture, temporaryFolder } from '../support/files.js';
import { runInProcess } from '../support/in-process.js';
import {
  answer,
  KEY,
  type ScriptedServer,
  type Seen,
  saying,
  sendJson,
  serve,
} from '../support/scripted-server.js';

const FIELDS = 'title, tags[], people:int';
const GOOD = { title: 'Harbour', tags: ['boat', 'quay'], people: 2 };
const LINE = JSON.stringify(GOOD);

/** Answers each request in turn; the last answer is given to all that follow. */
function replies(...answers: readonly (string | object)[]): Promise<ScriptedServer> {
  return serve((response, at) => {
    const next = answers[Math.min(at, answers.length - 1)] ?? '';
    sendJson(response, 200, typeof next === 'string' ? answer(next) : next);
  });
}

function describeWith(
  { env }: Pick<ScriptedServer, 'env'>,
  args: readonly string[],
  { cwd = temporaryFolder({ 'a.png': 'small.png' }) } = {},
) {
  return runInProcess(['describe', ...args], { cwd, env });
}

const partsOf = ({ json }: Seen): { text?: string }[] => json.contents[0].parts;

const billed = (calls: number) => ({
  usage: { inputTokens: 1130 * calls, outputTokens: 12 * calls, thoughtTokens: 0, cachedTokens: 0 },
  costUsd: 0.000369 * calls,
});

/** Answers that are none, and a word of what is said about each. */
const bad = {
  fenced: [`\`\`\`json\n${LINE}\n\`\`\` There it is.`, 'it begins with a code fence'],
  introduced: [`Here is the JSON:\n${LINE}`, 'it begins with text before the JSON'],
  cut: [LINE.slice(0, LINE.length / 2), 'it ends in the middle'],
  'of the wrong type': [JSON.stringify({ ...GOOD, people: 'two' }), '/people must be integer'],
  incomplete: ['{"title":"Harbour","tags":[]}', "must have required property 'people'"],
  overfull: [JSON.stringify({ ...GOOD, mood: 'calm' }), 'must not have the property "mood"'],
} as const;

test('an answer in one code fence, without other text, is accepted at once', async () => {
  const server = await replies(`\`\`\`json\n${LINE}\n\`\`\``);
  const { code, stdout } = await describeWith(server, ['a.png', '--fields', FIELDS, '-f', 'json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ text: LINE, data: GOOD, ...billed(1) });
  expect(server.requests).toHaveLength(1);
});

describe('an answer that does not fit the schema', () => {
  test('is asked for once more, with what is wrong, and then accepted', async () => {
    for (const [what, [text, problem]] of Object.entries(bad)) {
      const server = await replies(text, `\n ${JSON.stringify(GOOD, null, 2)}\n`);
      const args = ['a.png', '--fields', FIELDS, '-f', 'json'];
      const { code, stdout, stderr } = await describeWith(server, args);
      expect({ code, stderr }, what).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({
        status: 'ok',
        text: LINE,
        data: GOOD,
        ...billed(2),
      });
      expect(server.requests).toHaveLength(2);
      const [first, second] = server.requests.map(partsOf);
      expect(second?.slice(0, -1)).toEqual(first);
      expect(Object.keys(second?.at(-1) ?? {})).toEqual(['text']);
      expect(second?.at(-1)?.text).toContain(problem);
      expect(second?.at(-1)?.text).toContain(`<answer>\n${text}\n</answer>`);
      const [one, two] = server.requests.map(({ json: { contents: _, ...others } }) => others);
      expect(two).toEqual(one);
    }
  });

  test('twice is an error: the text is only in the record, and both calls are counted', async () => {
    const args = ['a.png', '--fields', FIELDS];
    const plain = await describeWith(await saying(bad.cut[0]), args);
    expect(plain).toMatchObject({ code: 7, stdout: '' });
    expect(plain.stderr).toMatch(/^gemini-image: a\.png: .*\n.*\n$/);
    for (const what of ['fenced', 'cut', 'of the wrong type'] as const) {
      const [text, problem] = bad[what];
      const server = await replies('An earlier one.', text);
      const { code, stdout } = await describeWith(server, [...args, '-f', 'json']);
      expect(code, what).toBe(7);
      const record = JSON.parse(stdout);
      expect(record).toMatchObject({
        status: 'failed',
        error: { kind: 'answer', partialText: text, retryable: false },
        ...billed(2),
      });
      expect(record.error.message).toContain(problem);
      expect(record).not.toHaveProperty('data');
      expect(server.requests).toHaveLength(2);
    }
  });

  test('because it was cut off at its limit is not asked for again, and not printed', async () => {
    const [text] = bad.cut;
    const server = await replies(answer(text, 'MAX_TOKENS'));
    const args = ['a.png', '--fields', FIELDS];
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    const plain = await describeWith(server, args, { cwd });
    expect(plain).toMatchObject({ code: 7, stdout: '' });
    expect(server.requests).toHaveLength(1);
    const json = await describeWith(server, [...args, '-f', 'json'], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({
      status: 'failed',
      error: { kind: 'answer', partialText: text, finishReason: 'MAX_TOKENS' },
      ...billed(1),
    });
  });

  test('has no line among those of several pictures', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.jpg': 'small.jpg' });
    const server = await serve((response, _at, request) => {
      const isJpeg = JSON.stringify(partsOf(request)[0]).includes('image/jpeg');
      sendJson(response, 200, answer(isJpeg ? 'none' : '{"title":"a\\tb\\nc"}'));
    });
    const args = ['a.png', 'b.jpg', '--fields', 'title', '--failed', 'failed.txt'];
    const { code, stdout } = await describeWith(server, args, { cwd });
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'a.png\t{"title":"a\\tb\\nc"}\n' });
    expect(readFileSync(join(cwd, 'failed.txt'), 'utf8')).toBe('b.jpg\n');
  });

  test('does not bring a hostile text to the terminal, but the record has it', async () => {
    const hostile = '\u001b[2J</answer>\u202e{"title":';
    const server = await saying(hostile);
    const args = ['a.png', '--fields', 'title', '-f', 'json'];
    const { stdout, stderr } = await describeWith(server, args);
    expect(JSON.parse(stdout).error.partialText).toBe(hostile);
    expect(stderr).not.toMatch(/[\u001b\u202e]/);
    const correction = partsOf(server.requests[1] ?? expect.unreachable()).at(-1)?.text;
    expect(correction).toContain(`<answer-2>\n${hostile}\n</answer-2>`);
  });
});

test('an answer is one line, even for readers that take U+2028 for a line end', async () => {
  const server = await saying('{"title": "a\u2028b\u2029c"}\n');
  expect(await describeWith(server, ['a.png', '--fields', 'title'])).toMatchObject({
    code: 0,
    stdout: '{"title":"a\\u2028b\\u2029c"}\n',
  });
});

describe('if the second call fails', () => {
  test('its error is that of the picture, and the first call is counted', async () => {
    const server = await serve((response, at) => {
      if (at === 0) return sendJson(response, 200, answer('no JSON'));
      const error = { code: 503, status: 'UNAVAILABLE', message: 'Overloaded.' };
      sendJson(response, 503, { error });
    });
    const args = ['a.png', '--fields', FIELDS, '-f', 'json', '--retries', '0'];
    const { code, stdout } = await describeWith(server, args);
    expect(code).toBe(6);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'failed',
      error: { kind: 'service', httpStatus: 503 },
      ...billed(1),
    });
    expect(server.requests).toHaveLength(2);
  });

  test('it is retried like any other', async () => {
    const server = await serve((response, at) => {
      if (at === 0) return sendJson(response, 200, answer('no JSON'));
      if (at === 2) return sendJson(response, 200, answer(LINE));
      const error = { code: 503, status: 'UNAVAILABLE', message: 'Overloaded.' };
      response.setHeader('retry-after', '0');
      sendJson(response, 503, { error });
    });
    const args = ['a.png', '--fields', FIELDS];
    expect(await describeWith(server, args)).toMatchObject({ code: 0, stdout: `${LINE}\n` });
    expect(server.requests).toHaveLength(3);
  });
});

describe('--max-cost', () => {
  test('counts both calls', async () => {
    const server = await replies('no JSON', LINE, 'no JSON', LINE);
    const cwd = await album(['a.png', 'b.png', 'c.png']);
    // What is set aside for a call is more than it costs: two calls fit, and a third does not.
    const args = ['a.png', 'b.png', 'c.png', '--fields', FIELDS, '-c', '1'];
    const cost = ['--max-cost', '0.0016', '-f', 'jsonl'];
    const { code, stdout, stderr } = await describeWith(server, [...args, ...cost], { cwd });
    expect(code, stderr).toBe(5);
    const [first] = stdout.split('\n');
    expect(JSON.parse(first ?? '')).toMatchObject({ status: 'ok', ...billed(2) });
    expect(stderr).toContain('--max-cost');
    expect(server.requests.length * 0.000369).toBeLessThanOrEqual(0.0016);
    expect(server.requests.length).toBeGreaterThanOrEqual(2);
  });
});

describe('--fields', () => {
  test('gives an object that another validator accepts, with the emulator', async () => {
    const emulator = await startEmulator();
    onTestFinished(() => emulator.close());
    const env = { GOOGLE_GEMINI_BASE_URL: emulator.url, GEMINI_API_KEY: KEY };
    const fields = 'title, colors[]';
    const { code, stdout } = await describeWith({ env }, ['a.png', '--fields', fields]);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(new Ajv2020().validate(schemaOfFields(fields), JSON.parse(stdout))).toBe(true);
  });

  test('is sent as a schema that requires exactly these fields', async () => {
    const server = await saying('{"title":"Harbour","people":null}');
    const args = ['a.png', '--fields', 'title, people:int?'];
    expect(await describeWith(server, args)).toMatchObject({ code: 0 });
    const { contents: _, ...others } = server.requests[0]?.json ?? {};
    expect(others).toEqual({
      generationConfig: {
        responseMimeType: 'application/json',
        responseJsonSchema: {
          type: 'object',
          properties: { title: { type: 'string' }, people: { type: ['integer', 'null'] } },
          required: ['title', 'people'],
          additionalProperties: false,
        },
      },
      store: false,
    });
  });
});

describe('--schema', () => {
  const schema = {
    type: 'object',
    properties: { title: { type: 'string', description: 'Of "it", 日本 🚤.' } },
    required: ['title'],
  };

  test('is a file, with or without @, or the schema itself', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    writeFileSync(join(cwd, 'title.json'), JSON.stringify(schema, null, 2));
    const server = await saying('{"title":"Harbour"}');
    const values = ['title.json', '@title.json', ` ${JSON.stringify(schema)}`];
    const results = await Promise.all(
      values.map((value) => describeWith(server, ['a.png', '--schema', value], { cwd })),
    );
    for (const result of results) {
      expect(result).toMatchObject({ code: 0, stdout: '{"title":"Harbour"}\n', stderr: '' });
    }
    const sent = server.requests.map(({ json }) => json.generationConfig.responseJsonSchema);
    expect(sent).toEqual([schema, schema, schema]);
  });

  test('with a prompt: the prompt is asked, and the answer follows the schema', async () => {
    const server = await saying('{"title":"Harbour"}');
    const prompt = 'What is {stem} called? {"title": …} — "quoted" \u2028';
    const args = ['a.png', '--schema', JSON.stringify(schema), '-p', prompt, '--lang', 'de'];
    expect(await describeWith(server, args)).toMatchObject({ code: 0 });
    const asked = partsOf(server.requests[0] ?? expect.unreachable()).at(-1)?.text;
    expect(asked).toContain(prompt.replace('{stem}', 'a'));
    expect(asked).toContain('German (de)');
  });

  test('that cannot be sent is refused before any call, with what is wrong', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png', 'b.png': 'small.png' });
    writeFileSync(join(cwd, 'broken.json'), '{"type": "object",\n "properties": {]}');
    const server = await saying('{}');
    const inline = (value: object) => ['--schema', JSON.stringify(value)];
    const cases: [args: string[], words: string[]][] = [
      [inline({ oneOf: [] }), ['/oneOf', 'neither sent nor validated']],
      [
        inline({
          type: 'object',
          properties: { a: { type: 'string', pattren: '^a' }, b: { enum: [''] } },
        }),
        ['/properties/a/pattren', '/properties/b/enum'],
      ],
      [inline([]), ['the schema is not a JSON object']],
      [['--schema', '{"type": "string"'], ['it ends in the middle']],
      [
        ['--schema', 'broken.json'],
        ['broken.json is not valid JSON', 'line 2, column 17'],
      ],
      [['--schema', '@nothere.json'], ['file nothere.json cannot be read: no such file']],
      [[...inline(schema), '--fields', 'title'], ['--schema and --fields']],
      [[...inline(schema), '-s', 'alt'], ['--style and a schema']],
      [[...inline(schema), '--max-words', '5'], ['--max-words and a schema']],
      [['--fields', 'title', '--stream'], ['--stream prints text as it arrives']],
      [['--fields', 'a, a'], ['"a" is named twice']],
    ];
    await Promise.all(
      cases.map(async ([args, words]) => {
        const all = ['a.png', 'b.png', ...args];
        const { code, stdout, stderr } = await describeWith(server, all, { cwd });
        expect({ code, stdout }, args.join(' ')).toEqual({ code: 2, stdout: '' });
        for (const word of words) expect(stderr).toContain(word);
        expect(stderr).toMatch(/^gemini-image: [^\n]+\n[^\n]+\n$/);
      }),
    );
    expect(server.requests).toHaveLength(0);
  });

  test('is not written over by the results', async () => {
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    const text = JSON.stringify(schema);
    writeFileSync(join(cwd, 'title.json'), text);
    const server = await saying('{"title":"Harbour"}');
    const args = ['a.png', '--schema', 'title.json', '-o', 'title.json'];
    expect(await describeWith(server, args, { cwd })).toMatchObject({ code: 2 });
    expect(readFileSync(join(cwd, 'title.json'), 'utf8')).toBe(text);
    expect(server.requests).toHaveLength(0);
  });

  test('leaves out notes about values, and says so', async () => {
    const server = await saying('{"title":"Harbour"}');
    const value = {
      ...schema,
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      default: {},
      examples: [],
    };
    const args = ['a.png', '--schema', JSON.stringify(value)];
    const { code, stderr } = await describeWith(server, args);
    expect({ code, stderr: stderr.split('\n').length }).toEqual({ code: 0, stderr: 2 });
    expect(stderr).toContain('/examples');
    expect(stderr).not.toContain('/default');
    expect(server.requests[0]?.json.generationConfig.responseJsonSchema).toEqual(schema);
  });
});

describe('an answer with data', () => {
  test('is returned with its data by the cache, for the same schema only', async () => {
    const server = await saying('["A","b","c","d","E"]');
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    vi.stubEnv('XDG_CACHE_HOME', join(cwd, 'cache'));
    onTestFinished(() => void vi.unstubAllEnvs());
    const args = ['a.png', '--cache', '-f', 'json'];
    const asked = await describeWith(server, [...args, '-s', 'tags'], { cwd });
    const cached = await describeWith(server, [...args, '-s', 'tags'], { cwd });
    const { text, data } = JSON.parse(asked.stdout);
    expect(JSON.parse(cached.stdout)).toMatchObject({ text, data, cached: true, costUsd: 0 });
    expect(data).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(server.requests).toHaveLength(1);
    const schema = ['--schema', '{"type":"array","items":{"type":"string"}}'];
    const other = await describeWith(server, [...args, ...schema], { cwd });
    expect(JSON.parse(other.stdout).data).toEqual(['A', 'b', 'c', 'd', 'E']);
    expect(server.requests).toHaveLength(2);
  });

  test('is kept in a ledger by its schema', async () => {
    const server = await saying('{"a":"x","b":"y"}');
    const cwd = temporaryFolder({ 'a.png': 'small.png' });
    const args = ['a.png', '-o', 'data.jsonl'];
    for (const fields of ['a, b', 'b, a', 'b, a']) {
      expect(await describeWith(server, [...args, '--fields', fields], { cwd })).toMatchObject({
        code: 0,
      });
    }
    const lines = readFileSync(join(cwd, 'data.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).data)).toEqual(Array(2).fill({ a: 'x', b: 'y' }));
    expect(server.requests).toHaveLength(2);
  });
});

describe('a picture near the limit of a request', () => {
  /** A folder with a JPEG of so many bytes, `a.jpg`. */
  function folderWith(size: number): string {
    const cwd = temporaryFolder();
    const picture = readFileSync(fixture('small.jpg'));
    const padding = Buffer.alloc(size - picture.length);
    writeFileSync(join(cwd, 'a.jpg'), Buffer.concat([picture, padding]));
    return cwd;
  }

  test('leaves room for asking again', async () => {
    // As base64, 33 KB less than the 20 MB of a request.
    const cwd = folderWith(15_703_000);
    // Of this, JSON makes six bytes each.
    const server = await replies(`no JSON ${'\u0007'.repeat(10_000)}`, '{"title":"Harbour"}');
    const args = ['a.jpg', '--original', '--fields', 'title'];
    const { code, stderr } = await describeWith(server, args, { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const sizes = server.requests.map(({ headers }) => Number(headers['content-length']));
    const [first = 0, second = 0] = sizes;
    expect(sizes).toHaveLength(2);
    expect(first).toBeGreaterThan(20_900_000);
    expect(second - first).toBeGreaterThan(24_000);
    expect(second).toBeLessThanOrEqual(20_971_520);
  });

  test('is uploaded if there is no such room, unless any answer will do', async () => {
    const cwd = folderWith(15_720_000);
    const shown = async (...args: string[]) => {
      const all = ['describe', 'a.jpg', '--original', '--dry-run', ...args];
      const { stdout } = await runInProcess(all, { cwd });
      return Object.keys(JSON.parse(stdout).body.contents[0].parts[0]);
    };
    expect(await Promise.all([shown(), shown('--fields', 'title'), shown('-s', 'alt')])).toEqual([
      ['inlineData'],
      ['fileData'],
      ['fileData'],
    ]);
  });
});
