import { get as httpGet, request } from 'node:http';
import { expect, test } from 'vitest';
import { about, emulatorForFile, fixture, MODEL, saying } from './client.js';

const { url, post, generate } = emulatorForFile();
const picture: [string, Buffer] = ['image/png', fixture('small.png')];

test('usage counts the picture, the prompt and the answer', async () => {
  const { json } = await generate(about(picture));
  const text = json.candidates[0].content.parts[0].text;
  const answer = Math.ceil(text.length / 4);
  expect(json.usageMetadata).toEqual({
    promptTokenCount: 1123,
    candidatesTokenCount: answer,
    totalTokenCount: 1123 + answer,
    promptTokensDetails: [
      { modality: 'IMAGE', tokenCount: 1120 },
      { modality: 'TEXT', tokenCount: 3 },
    ],
  });
});

test.each([
  ['MEDIA_RESOLUTION_LOW', 280],
  ['MEDIA_RESOLUTION_MEDIUM', 560],
  ['MEDIA_RESOLUTION_HIGH', 1120],
  ['MEDIA_RESOLUTION_UNSPECIFIED', 1120],
])('%s makes %i tokens of a picture', async (mediaResolution, tokenCount) => {
  const { json } = await generate({ ...about(picture), generationConfig: { mediaResolution } });
  const [image] = json.usageMetadata.promptTokensDetails;
  expect(image).toEqual({ modality: 'IMAGE', tokenCount });
});

test('characters are counted as people count them', async () => {
  const { json } = await generate(saying('Grüße 🎉'));
  expect(json.candidates[0].content.parts[0].text).toContain('the prompt has 7 characters.');
});

test('an answer over its token limit is cut, and says so', async () => {
  const body = { ...about(picture), generationConfig: { maxOutputTokens: 5 } };
  const [candidate] = (await generate(body)).json.candidates;
  expect(candidate.finishReason).toBe('MAX_TOKENS');
  expect(candidate.content.parts[0].text).toHaveLength(20);
});

test('several candidates are returned if they are asked for', async () => {
  const { json } = await generate(saying('a', { generationConfig: { candidateCount: 2 } }));
  expect(json.candidates.map(({ index }: { index: number }) => index)).toEqual([0, 1]);
});

test('countTokens counts the same, in both forms of its request', async () => {
  const path = `/v1beta/models/${MODEL}:countTokens`;
  const counted = {
    totalTokens: 1123,
    promptTokensDetails: [
      { modality: 'IMAGE', tokenCount: 1120 },
      { modality: 'TEXT', tokenCount: 3 },
    ],
  };
  expect((await post(path, about(picture))).json).toEqual(counted);
  const generateContentRequest = {
    model: `models/${MODEL}`,
    ...about(picture),
    generationConfig: { mediaResolution: 'MEDIA_RESOLUTION_LOW' },
  };
  expect((await post(path, { generateContentRequest })).json.totalTokens).toBe(283);
});

/** The body of a stream, packet by packet. */
async function packets(path: string, body: object): Promise<{ type: string; packets: string[] }> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-goog-api-key': 'k' };
    const call = request(`${url()}${path}`, { method: 'POST', headers }, (response) => {
      const packets: string[] = [];
      response.on('data', (chunk: Buffer) => packets.push(chunk.toString()));
      response.on('end', () => {
        resolve({ type: response.headers['content-type'] ?? '', packets });
      });
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end(JSON.stringify(body));
  });
}

test('a stream is several events whose texts together are the answer', async () => {
  const path = `/v1beta/models/${MODEL}:streamGenerateContent?alt=sse`;
  const { type, packets: received } = await packets(path, about(picture));
  expect(type).toBe('text/event-stream');
  const body = received.join('');
  expect(body.endsWith('\r\n\r\n')).toBe(true);
  const events = body.split('\r\n\r\n').slice(0, -1);
  expect(events.length).toBeGreaterThan(2);
  const chunks = events.map((event) => {
    expect(event.startsWith('data: {')).toBe(true);
    return JSON.parse(event.slice('data: '.length));
  });
  const whole = (await generate(about(picture))).json;
  const texts = chunks.map((chunk) => chunk.candidates[0].content.parts[0].text);
  expect(texts.join('')).toBe(whole.candidates[0].content.parts[0].text);
  expect(texts[0]).toMatch(/^\[offline\]/);
  const reasons = chunks.map((chunk) => chunk.candidates[0].finishReason);
  expect(reasons).toEqual([...Array(chunks.length - 1).fill(undefined), 'STOP']);
  const counts = chunks.map((chunk) => chunk.usageMetadata.candidatesTokenCount);
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
  expect(chunks.at(-1).usageMetadata).toEqual(whole.usageMetadata);
  expect(new Set(chunks.map(({ responseId }) => responseId)).size).toBe(1);
});

test('without alt=sse the stream is a JSON array', async () => {
  const reply = await post(`/v1beta/models/${MODEL}:streamGenerateContent`, about(picture));
  expect(reply.type).toBe('application/json; charset=UTF-8');
  expect(reply.json.length).toBeGreaterThan(2);
  expect(reply.json.at(-1).candidates[0].finishReason).toBe('STOP');
});

test('a stream that is refused is a plain error, in an array without alt=sse', async () => {
  const path = '/v1beta/models/gemini-1.5-flash:streamGenerateContent';
  const events = await post(`${path}?alt=sse`, saying('a'));
  expect(events.status).toBe(404);
  expect(events.type).toBe('application/json; charset=UTF-8');
  expect(events.json.error.status).toBe('NOT_FOUND');
  expect((await post(path, saying('a'))).json[0].error.status).toBe('NOT_FOUND');
});

test('a connection is kept for the next request', async () => {
  const response = await new Promise<{ connection: string | undefined }>((resolve, reject) => {
    httpGet(`${url()}/v1beta/models`, { headers: { connection: 'keep-alive' } }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve({ connection: answer.headers.connection }));
    }).on('error', reject);
  });
  expect(response.connection).toBe('keep-alive');
});
