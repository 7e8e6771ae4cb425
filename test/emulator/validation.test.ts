import { request } from 'node:http';
import { expect, test } from 'vitest';
import { about, emulatorForFile, fixture, MODEL, saying } from './client.js';

const { url, post, generate } = emulatorForFile();

async function refusal(body: unknown, model = MODEL): Promise<string> {
  const { status, type, json } = await generate(body, model);
  expect(status).toBe(400);
  expect(type).toBe('application/json; charset=UTF-8');
  expect(json.error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
  return json.error.message;
}

test.each(['{', 'hello', '{"contents":[}', '\u0000'])('%j is no JSON', async (body) => {
  expect(await refusal(body)).toMatch(/^Invalid JSON payload received\. /);
});

test.each(['[]', '1', 'null', '"x"'])('%s is no message', async (body) => {
  expect(await refusal(body)).toBe(
    'Invalid JSON payload received. Unknown name "": Root element must be a message.',
  );
});

const part = (part: object) => ({ contents: [{ parts: [{ text: 'a' }, part] }] });
const config = (generationConfig: object) => saying('a', { generationConfig });

test.each([
  [saying('a', { x: 1 }), 'x', ''],
  [saying('a', { labels: {} }), 'labels', ''],
  [saying('a', { constructor: 1 }), 'constructor', ''],
  ['{"contents":[{"parts":[{"text":"a"}]}],"__proto__":{}}', '__proto__', ''],
  [config({ x: 1 }), 'x', " at 'generation_config'"],
  [config({ thinkingConfig: { x: 1 } }), 'x', " at 'generation_config.thinking_config'"],
  [part({ x: 1 }), 'x', " at 'contents[0].parts[1]'"],
  [part({ inlineData: { mime: 'a' } }), 'mime', " at 'contents[0].parts[1].inline_data'"],
  [saying('a', { system_instruction: { text: 'x' } }), 'text', " at 'system_instruction'"],
  [saying('a', { safetySettings: [{}, { level: 1 }] }), 'level', " at 'safety_settings[1]'"],
  [
    config({ responseSchema: { properties: { a: { items: { x: 1 } } } } }),
    'x',
    " at 'generation_config.response_schema.properties[a].items'",
  ],
])('an unknown field in %j is refused by its path', async (body, name, where) => {
  const wording = `Invalid JSON payload received. Unknown name "${name}"${where}: Cannot find field.`;
  expect(await refusal(body)).toBe(wording);
});

test('all unknown fields are named at once, in the details too', async () => {
  const { json } = await generate(saying('a', { x: 1, generationConfig: { y: 1 } }));
  expect(json.error.message.split('\n')).toHaveLength(2);
  expect(json.error.details[0].fieldViolations).toEqual([
    { description: json.error.message.split('\n')[0] },
    { field: 'generation_config', description: json.error.message.split('\n')[1] },
  ]);
});

test.each([
  [{ contents: 'a' }, /at 'contents' \(type\.googleapis\.com\/.*\.Content\), "a"$/],
  [part({ text: 1 }), /at 'contents\[0\]\.parts\[1\]\.text' \(TYPE_STRING\), 1$/],
  [part({ thought: 'yes' }), /'contents\[0\]\.parts\[1\]\.thought' \(TYPE_BOOL\)/],
  [config({ temperature: 'hot' }), /'generation_config\.temperature' \(TYPE_FLOAT\), "hot"$/],
  [config({ maxOutputTokens: 1.5 }), /max_output_tokens' \(TYPE_INT32\), 1\.5$/],
  [config({ mediaResolution: 'LOW' }), /media_resolution' \(.*MediaResolution\), "LOW"$/],
  [config({ stopSequences: [1] }), /stop_sequences\[0\]' \(TYPE_STRING\)/],
  [saying('a', { generationConfig: [] }), /'generation_config' \(.*GenerationConfig\)/],
])('a wrong type in %j is refused', async (body, wording) => {
  expect(await refusal(body)).toMatch(wording);
});

test('both spellings, null and a single part are taken as Google takes them', async () => {
  const { status, json } = await generate({
    contents: { parts: { text: 'a' } },
    system_instruction: { parts: { text: 'b' } },
    generation_config: { media_resolution: 'MEDIA_RESOLUTION_LOW', max_output_tokens: '500' },
    toolConfig: null,
    safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
  });
  expect(json.error).toBeUndefined();
  expect(status).toBe(200);
});

test.each([
  [{}, '* GenerateContentRequest.contents: contents is not specified\n'],
  [{ contents: [] }, '* GenerateContentRequest.contents: contents is not specified\n'],
  [
    { contents: [{ parts: [] }] },
    '* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.\n',
  ],
  [
    { contents: [{ parts: [{}] }] },
    "* GenerateContentRequest.contents[0].parts[0].data: required oneof field 'data' must have one initialized field\n",
  ],
  [{ contents: [{ role: 'me', parts: [{ text: 'a' }] }] }, 'Please use a valid role: user, model.'],
])('%j says too little', async (body, message) => {
  expect(await refusal(body)).toBe(message);
});

test('a part holds one kind of data', async () => {
  const both = { contents: [{ parts: [{ text: 'a', inlineData: { mimeType: 'image/png' } }] }] };
  expect(await refusal(both)).toContain("oneof field 'data' is already set");
});

test('files and caches of others are not to be had', async () => {
  const file = part({ fileData: { fileUri: 'https://x.example/v1beta/files/abc' } });
  expect((await generate(file)).json.error.status).toBe('PERMISSION_DENIED');
  const cache = saying('a', { cachedContent: 'cachedContents/abc' });
  expect((await generate(cache)).status).toBe(403);
});

test.each([
  ['gemini-3.5-flash-lite', ['MINIMAL', 'LOW', 'medium', 'HIGH'], ['XHIGH']],
  ['gemini-3.8-flash', ['LOW', 'MEDIUM', 'HIGH'], ['MINIMAL', 'XHIGH']],
  ['gemini-4-carbon', ['LOW', 'MEDIUM', 'HIGH'], ['MINIMAL', 'XHIGH']],
  ['gemini-4-neon', ['LOW', 'MEDIUM', 'HIGH', 'XHIGH'], ['MINIMAL']],
])('%s thinks at %j and not at %j', async (model, levels, others) => {
  for (const thinkingLevel of levels) {
    const reply = await generate(config({ thinkingConfig: { thinkingLevel } }), model);
    expect(reply.status).toBe(200);
  }
  for (const thinkingLevel of others) {
    expect(await refusal(config({ thinkingConfig: { thinkingLevel } }), model)).toBe(
      `Thinking level ${thinkingLevel} is not supported for this model. Please retry with other thinking level.`,
    );
  }
});

test('a thinking level that does not exist is a wrong value', async () => {
  const body = config({ thinkingConfig: { thinkingLevel: 'DEEP' } });
  expect(await refusal(body)).toMatch(/thinking_level' \(.*ThinkingLevel\), "DEEP"$/);
});

test('a thinking budget and a thinking level exclude each other', async () => {
  const thinkingConfig = { thinkingBudget: 100, thinkingLevel: 'LOW' };
  expect(await refusal(config({ thinkingConfig }))).toMatch(/thinking budget and thinking level/);
});

test.each([
  { candidateCount: 2 },
  { presencePenalty: 0.5 },
  { frequencyPenalty: 0.5 },
  { thinkingConfig: { thinkingBudget: 100 } },
])('Gemini 4 refuses %j, Gemini 3 does not', async (generationConfig) => {
  await refusal(config(generationConfig), 'gemini-4-hydrogen');
  expect((await generate(config(generationConfig))).status).toBe(200);
});

test.each([
  { temperature: 3 },
  { topP: 2 },
  { maxOutputTokens: 0 },
  { responseMimeType: 'image/png' },
])('%j is out of range', async (generationConfig) => {
  expect(await refusal(config(generationConfig))).toMatch(
    /^\* GenerateContentRequest\.generation_config\./,
  );
});

test.each([
  ['a data URL', 'data:image/png;base64,iVBORw0KGgo='],
  ['missing padding', 'iVBORw0KGg'],
  ['the URL alphabet', '-_-_'],
  ['a line break', 'iVBO\nRw0KGgo'],
  ['padding in the middle', 'iV==Rw0='],
])('base64 with %s is refused', async (_, data) => {
  const message = await refusal(part({ inlineData: { mimeType: 'image/png', data } }));
  expect(message).toMatch(
    /^Invalid value at 'contents\[0\]\.parts\[1\]\.inline_data\.data' \(TYPE_BYTES\), Base64/,
  );
});

test.each(['image/gif', 'image/jpg', 'image/avif', 'IMAGE/PNG', 'text/plain', ''])(
  'the MIME type %j is refused',
  async (mimeType) => {
    const message = await refusal(about([mimeType, fixture('small.png')]));
    expect(message).toBe(`Unsupported MIME type: ${mimeType}`);
  },
);

test('a message nested without end is refused', async () => {
  const depth = 50_000;
  const nested = `${'{"items":'.repeat(depth)}{}${'}'.repeat(depth)}`;
  const body = `{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"responseSchema":${nested}}}`;
  expect(await refusal(body)).toContain('Message too deep');
});

const LIMIT = 20_971_520;
const TOO_LARGE = `Request payload size exceeds the limit: ${LIMIT} bytes.`;

test('a body at the limit is taken, one byte more is refused', async () => {
  const frame = JSON.stringify(saying(''));
  const fill = (size: number) => JSON.stringify(saying('a'.repeat(size - frame.length)));
  expect((await generate(fill(LIMIT))).status).toBe(200);
  expect(await refusal(fill(LIMIT + 1))).toBe(TOO_LARGE);
});

test('a body without a stated length is refused as well, after it is all sent', async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const path = `/v1beta/models/${MODEL}:generateContent`;
    const headers = { 'x-goog-api-key': 'k' };
    const upload = request(`${url()}${path}`, { method: 'POST', headers }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve(text);
    });
    upload.on('error', reject);
    for (let sent = 0; sent < 2 * LIMIT; sent += 4 * 1024 * 1024) {
      upload.write(Buffer.alloc(4 * 1024 * 1024, 'a'));
    }
    upload.end();
  });
  expect(JSON.parse(answer).error.message).toBe(TOO_LARGE);
});

test('countTokens is as strict', async () => {
  const path = `/v1beta/models/${MODEL}:countTokens`;
  expect((await post(path, saying('a', { x: 1 }))).json.error.message).toMatch(/Unknown name "x"/);
  expect((await post(path, {})).status).toBe(400);
  const nested = { generateContentRequest: { contents: [], y: 1 } };
  expect((await post(path, nested)).json.error.message).toContain("at 'generate_content_request'");
});

test('"store" is a boolean at the top of a request, and of nothing else', async () => {
  for (const store of [true, false]) {
    expect(await generate(saying('a', { store }))).toMatchObject({ status: 200 });
  }
  expect(await refusal(saying('a', { store: 'no' }))).toMatch(/'store' \(TYPE_BOOL\)/);
  expect(await refusal(config({ store: false }))).toMatch(/Unknown name "store" at /);
});
