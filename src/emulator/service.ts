// From a request of the API to its answer: route, key, message, rules, pictures, words.
import type { IncomingHttpHeaders } from 'node:http';
import {
  countCharacters,
  countPromptTokens,
  createResponse,
  createStream,
  type GenerateContentResponse,
  type Prompt,
} from './answers/answer.js';
import type { Batches } from './batches/batches.js';
import type { Files } from './files/files.js';
import type { Uploads } from './files/uploads.js';
import { type Body, parseJson } from './http/body.js';
import { invalidArgument, invalidKey, missingKey } from './http/errors.js';
import { type FailureSchedule, fail } from './http/failures.js';
import type { Answer } from './http/reply.js';
import { checkQuery, type RequestLine, routeOf } from './http/router.js';
import { answerFormOf, asksForBoxes } from './messages/answer-form.js';
import { parseCountTokensRequest, parseGenerateContentRequest } from './messages/parse.js';
import type { GenerateContentRequest } from './messages/requests.js';
import { checkContents, checkRequest } from './messages/rules.js';
import { findModel, getModel, listModels } from './models.js';
import { promptAfter, readPictures } from './pictures/shown-pictures.js';

/** What is kept between requests. */
export interface Storage {
  readonly files: Files;
  readonly uploads: Uploads;
  /** Which requests to flex there is no room for. */
  readonly shed: FailureSchedule;
  readonly batches: Batches;
}

/** Throws an ApiError for every request that Google would refuse. */
export async function answer(
  line: RequestLine,
  headers: IncomingHttpHeaders,
  body: Body,
  { files, uploads, batches, shed }: Storage,
): Promise<Answer> {
  const route = routeOf(line);
  const key = readKey(headers['x-goog-api-key']);
  checkQuery(route.method, line.query);
  const caller: Caller = { key, files };
  switch (route.method) {
    case 'listModels':
      return { kind: 'json', value: listModels(line.query) };
    case 'getModel':
      return { kind: 'json', value: getModel(route.model) };
    case 'countTokens':
      return { kind: 'json', value: await countTokens(route.model, body, caller) };
    case 'generateContent': {
      const prompt = await readPrompt(route.model, route.method, body, caller);
      return (
        shedding(prompt, shed) ?? {
          kind: 'json',
          value: createResponse(prompt),
          ...tierHeader(prompt),
        }
      );
    }
    case 'streamGenerateContent': {
      const prompt = await readPrompt(route.model, route.method, body, caller);
      return (
        shedding(prompt, shed) ?? {
          kind: 'stream',
          chunks: createStream(prompt),
          ...tierHeader(prompt),
        }
      );
    }
    case 'startUpload':
      return uploads.start(key, headers, parseJson(body));
    case 'listFiles':
      return { kind: 'json', value: await files.list(key, line.query) };
    case 'getFile':
      checkFileName(route.file);
      return { kind: 'json', value: await files.get(key, route.file) };
    case 'deleteFile':
      files.delete(key, route.file);
      return { kind: 'json', value: {} };
    case 'batchGenerateContent': {
      const model = findModel(route.model, route.method);
      return batches.create(key, model.name, parseJson(body), (request) => {
        checkRequest(request, model);
      });
    }
    case 'getBatch':
      return { kind: 'json', value: batches.get(key, route.batch) };
    case 'listBatches':
      return { kind: 'json', value: batches.list(key, line.query) };
    case 'cancelBatch':
      return { kind: 'json', value: batches.cancel(key, route.batch) };
    case 'deleteBatch':
      return { kind: 'json', value: batches.delete(key, route.batch) };
    case 'download':
      return batches.download(key, route.file);
  }
}

const LONGEST_FILE_NAME = 40;

/** Throws 400 for the results of a job, which can be downloaded but not described. */
function checkFileName(name: string): void {
  if (name.length <= LONGEST_FILE_NAME) return;
  throw invalidArgument(
    `* GetFileRequest.name: the file id must have at most ${LONGEST_FILE_NAME} characters.\n`,
  );
}

/** What becomes of a request to flex that there is no room for; undefined where there is. */
function shedding({ serviceTier, model }: Prompt, shed: FailureSchedule): Answer | undefined {
  const status = serviceTier === 'flex' ? shed.next() : undefined;
  return status === undefined ? undefined : fail(status, model, true);
}

function tierHeader({ serviceTier }: Prompt): { headers?: Readonly<Record<string, string>> } {
  return serviceTier === undefined ? {} : { headers: { 'x-gemini-service-tier': serviceTier } };
}

/** Who sent a request, which decides whose files it may use. */
export interface Caller {
  readonly key: string;
  readonly files: Files;
}

function readKey(key: string | string[] | undefined): string {
  if (typeof key !== 'string' || key === '') throw missingKey();
  if (key.startsWith('invalid')) throw invalidKey();
  return key;
}

/** The answer to one request of a job. Rejects with the same errors as a single call. */
export async function respond(
  name: string,
  json: unknown,
  caller: Caller,
): Promise<GenerateContentResponse> {
  return createResponse(await promptOf(name, 'batchGenerateContent', json, caller));
}

function readPrompt(name: string, method: string, body: Body, caller: Caller): Promise<Prompt> {
  return promptOf(name, method, parseJson(body), caller);
}

async function promptOf(
  name: string,
  method: string,
  json: unknown,
  caller: Caller,
): Promise<Prompt> {
  const model = findModel(name, method);
  const request = parseGenerateContentRequest(json);
  checkRequest(request, model);
  const { serviceTier } = request;
  return { model: model.name, serviceTier, ...(await measure(request, caller)) };
}

async function countTokens(name: string, body: Body, caller: Caller): Promise<object> {
  const json = parseJson(body);
  const model = findModel(name, 'countTokens');
  const { contents, generateContentRequest } = parseCountTokensRequest(json);
  if (generateContentRequest === undefined) checkContents(contents ?? []);
  else checkRequest(generateContentRequest, model);
  const prompt = await measure(generateContentRequest ?? { contents: contents ?? [] }, caller);
  const { total, details } = countPromptTokens(prompt);
  return { totalTokens: total, promptTokensDetails: details };
}

async function measure(
  request: GenerateContentRequest,
  { key, files }: Caller,
): Promise<Omit<Prompt, 'model'>> {
  const { contents = [], systemInstruction = {}, generationConfig: config = {} } = request;
  const form = answerFormOf(config);
  const look = { forRegions: asksForBoxes(form) };
  return {
    config,
    form,
    pictures: await readPictures(contents, (file) => files.pictureOf(key, file), look),
    prompt: promptAfter(contents),
    instruction: promptAfter([systemInstruction]),
    textLength: countCharacters(contents),
    instructionLength: countCharacters([systemInstruction]),
  };
}
