import { expect, test } from 'vitest';
import { emulatorForFile, MODEL, saying, send } from './client.js';

const { url, get, post, generate } = emulatorForFile();

test('an answer begins with [offline] and comes from the model asked for', async () => {
  const { status, type, json } = await generate(saying('Hello?'));
  expect(status).toBe(200);
  expect(type).toBe('application/json; charset=UTF-8');
  expect(json.candidates[0].content).toEqual({
    role: 'model',
    parts: [{ text: '[offline] No picture was sent; the prompt has 6 characters.' }],
  });
  expect(json.candidates[0].finishReason).toBe('STOP');
  expect(json.modelVersion).toBe(MODEL);
  expect(json.responseId).toMatch(/^[\w-]{22}$/);
});

test.each([[{}], [{ 'x-goog-api-key': '' }], [{ authorization: 'Bearer k' }]])(
  'without a key in its header (%o) a request is refused',
  async (headers: Record<string, string>) => {
    const { status, json } = await get('/v1beta/models', headers);
    expect(status).toBe(403);
    expect(json).toEqual({
      error: {
        code: 403,
        message:
          "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
        status: 'PERMISSION_DENIED',
      },
    });
  },
);

test('a wrong key is refused with the reason, and is not repeated', async () => {
  const path = `/v1beta/models/${MODEL}:generateContent`;
  const { status, json, text } = await post(path, saying('x'), {
    'x-goog-api-key': 'invalid-4711',
  });
  expect(status).toBe(400);
  expect(json.error).toMatchObject({
    code: 400,
    message: 'API key not valid. Please pass a valid API key.',
    status: 'INVALID_ARGUMENT',
  });
  expect(json.error.details).toContainEqual({
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: 'API_KEY_INVALID',
    domain: 'googleapis.com',
    metadata: { service: 'generativelanguage.googleapis.com' },
  });
  expect(text).not.toContain('4711');
});

test('a key in the URL is never taken', async () => {
  expect((await get('/v1beta/models?key=secret', {})).status).toBe(403);
  const { status, text } = await get('/v1beta/models?key=secret');
  expect(status).toBe(400);
  expect(text).not.toContain('secret');
});

test.each([
  ['GET', '/'],
  ['GET', '//'],
  ['GET', '/v1/models'],
  ['GET', `/v1beta/models/${MODEL}:generateContent`],
  ['PUT', `/v1beta/models/${MODEL}:generateContent`],
  ['DELETE', `/v1beta/models/${MODEL}`],
  ['POST', '/v1beta/models'],
  ['POST', `/v1beta/models/${MODEL}`],
  ['POST', `/v1beta/models/${MODEL}:embedContent`],
  ['POST', `/v1beta/models/${MODEL}:constructor`],
  ['POST', '/v1beta/models/%E0%A4%A:generateContent'],
  ['POST', '/v1beta/%'],
])('%s %s is no method of the API', async (method, path) => {
  const headers = { 'x-goog-api-key': 'k' };
  const body = method === 'GET' ? null : '{}';
  const reply = await send(`${url()}${path}`, { method, headers, body });
  expect(reply.status).toBe(404);
  expect(reply.json.error).toEqual({
    code: 404,
    message: 'Method not found.',
    status: 'NOT_FOUND',
  });
});

test.each([
  ['gemini-2.5-flash', 'is no longer available to new users', 'gemini-3.6-flash'],
  ['gemini-2.5-flash-lite', 'is no longer available to new users', 'gemini-3.6-flash'],
  ['gemini-1.5-flash', 'is no longer available', 'gemini-3.5-flash-lite'],
  ['gemini-2.0-flash-001', 'is no longer available', 'gemini-3.5-flash-lite'],
  ['gemini-3-pro-preview', 'is no longer available', 'gemini-3.5-flash-lite'],
])('%s is retired, with a suggestion', async (model, fate, successor) => {
  const { status, json } = await generate(saying('x'), model);
  expect(status).toBe(404);
  expect(json.error).toEqual({
    code: 404,
    message: `This model models/${model} ${fate}. Please update your code to use models/${successor} for the latest features and improvements.`,
    status: 'NOT_FOUND',
  });
});

test.each(['gpt-9', 'gemini-3.5-flash-light', 'constructor', '__proto__'])(
  '%s is unknown',
  async (model) => {
    const { status, json } = await generate(saying('x'), model);
    expect(status).toBe(404);
    expect(json.error.message).toBe(
      `models/${model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`,
    );
  },
);

test('an alias answers as the model behind it', async () => {
  const { json } = await generate(saying('x'), 'gemini-flash-lite-latest');
  expect(json.modelVersion).toBe('gemini-3.5-flash-lite');
});

test('the models are listed page by page, each once, retired ones among them', async () => {
  const all = (await get('/v1beta/models')).json;
  expect(all.nextPageToken).toBeUndefined();
  const names: string[] = [];
  let token = '';
  do {
    const { json } = await get(`/v1beta/models?pageSize=5&pageToken=${token}`);
    expect(json.models.length).toBeLessThanOrEqual(5);
    names.push(...json.models.map(({ name }: { name: string }) => name));
    token = json.nextPageToken ?? '';
  } while (token !== '');
  expect(names).toEqual(all.models.map(({ name }: { name: string }) => name));
  expect(new Set(names).size).toBe(names.length);
  expect(names).toContain(`models/${MODEL}`);
  expect(names).toContain('models/gemini-2.5-flash');
});

test.each(['pageSize=x', 'pageSize=-1', 'pageToken=bm8', 'pageSze=3'])(
  'a list with %s is refused',
  async (query) => {
    expect((await get(`/v1beta/models?${query}`)).json.error.status).toBe('INVALID_ARGUMENT');
  },
);

test('one model can be looked up, an unknown one cannot', async () => {
  const { status, json } = await get(`/v1beta/models/${MODEL}`);
  expect(status).toBe(200);
  expect(json.name).toBe(`models/${MODEL}`);
  expect(json.supportedGenerationMethods).toContain('generateContent');
  expect((await get('/v1beta/models/gpt-9')).status).toBe(404);
  expect((await get('/v1beta/models/gemini-1.5-pro')).status).toBe(404);
});
