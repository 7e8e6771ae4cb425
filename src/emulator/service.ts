/** From a request of the API to its answer: route, key, message, rules, pictures, words. */
import type { IncomingHttpHeaders } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import {
  countCharacters,
  countPromptTokens,
  createResponse,
  createStream,
  type GenerateContentResponse,
  type Prompt,
} from './answer.js';
import { type Body, parseJson } from './body.js';
import { invalidKey, missingKey } from './errors.js';
import { findModel, getModel, listModels } from './models.js';
import { checkMimeType, type Picture, readPicture } from './picture.js';
import type { Blob, Content, GenerateContentRequest } from './requests.js';
import { checkQuery, type RequestLine, routeOf } from './router.js';
import { checkContents, checkRequest } from './rules.js';
import { parseCountTokensRequest, parseGenerateContentRequest } from './validate.js';

export type Answer =
  | { kind: 'json'; value: object }
  | { kind: 'stream'; chunks: readonly GenerateContentResponse[] };

/** Throws an ApiError for every request that Google would refuse. */
export async function answer(
  line: RequestLine,
  headers: IncomingHttpHeaders,
  body: Body,
): Promise<Answer> {
  const route = routeOf(line);
  checkKey(headers['x-goog-api-key']);
  checkQuery(route, line.query);
  switch (route.method) {
    case 'listModels':
      return { kind: 'json', value: listModels(line.query) };
    case 'getModel':
      return { kind: 'json', value: getModel(route.model) };
    case 'countTokens':
      return { kind: 'json', value: await countTokens(route.model, body) };
    case 'generateContent':
      return {
        kind: 'json',
        value: createResponse(await readPrompt(route.model, route.method, body)),
      };
    case 'streamGenerateContent':
      return {
        kind: 'stream',
        chunks: createStream(await readPrompt(route.model, route.method, body)),
      };
  }
}

function checkKey(key: string | string[] | undefined): void {
  if (typeof key !== 'string' || key === '') throw missingKey();
  if (key.startsWith('invalid')) throw invalidKey();
}

async function readPrompt(name: string, method: string, body: Body): Promise<Prompt> {
  const json = parseJson(body);
  const model = findModel(name, method);
  const request = parseGenerateContentRequest(json);
  checkRequest(request, model);
  return { model: model.name, ...(await measure(request)) };
}

async function countTokens(name: string, body: Body): Promise<object> {
  const json = parseJson(body);
  const model = findModel(name, 'countTokens');
  const { contents, generateContentRequest } = parseCountTokensRequest(json);
  if (generateContentRequest === undefined) checkContents(contents ?? []);
  else checkRequest(generateContentRequest, model);
  const prompt = await measure(generateContentRequest ?? { contents: contents ?? [] });
  const { total, details } = countPromptTokens(prompt);
  return { totalTokens: total, promptTokensDetails: details };
}

async function measure(request: GenerateContentRequest): Promise<Omit<Prompt, 'model'>> {
  const contents = request.contents ?? [];
  return {
    config: request.generationConfig ?? {},
    pictures: await readPictures(contents),
    textLength: countCharacters(contents),
    instructionLength: countCharacters([request.systemInstruction ?? {}]),
  };
}

async function readPictures(contents: readonly Content[]): Promise<Picture[]> {
  const blobs = contents.flatMap(({ parts = [] }) =>
    parts.flatMap(({ inlineData }): Blob[] => (inlineData === undefined ? [] : [inlineData])),
  );
  blobs.forEach(checkMimeType);
  const pictures: Picture[] = [];
  for (const blob of blobs) {
    pictures.push(await readPicture(blob));
    // Decoding blocks; between two pictures other requests have their turn.
    await setImmediate();
  }
  return pictures;
}
