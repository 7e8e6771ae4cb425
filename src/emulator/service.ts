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
import { ApiError, invalidArgument, invalidKey, missingKey } from './http/errors.js';
import { type FailureSchedule, fail } from './http/failures.js';
import type { Answer } from './http/reply.js';
import { checkQuery, type RequestLine, routeOf } from './http/router.js';
import { answerFormOf, asksForBoxes } from './messages/answer-form.js';
import { parseCountTokensRequest, parseGenerateContentRequest } from './messages/parse.js';
import type { GenerateContentRequest } from './messages/requests.js';
import { checkContents, checkRequest } from './messages/rules.js';
import { findModel, getModel, listModels } from './models.js';
import { promptAfter, readPictures } from './pictures/shown-pictures.js';
import { type AskedRequest, askedIn } from './script/asked.js';
import type { Script } from './script/script.js';

/** What is kept between requests. */
export interface Storage {
  readonly files: Files;
  readonly uploads: Uploads;
  /** Which requests to flex there is no room for. */
  readonly shed: FailureSchedule;
  readonly batches: Batches;
  readonly stage: Stage;
}

/** The part of a test in what happens here. */
export interface Stage {
  readonly script?: Script | undefined;
  /** Told of each question when it comes in. */
  readonly onAsked?: ((asked: AskedRequest) => void) | undefined;
}

/** Throws an ApiError for every request that Google would refuse. */
export async function answer(
  line: RequestLine,
  headers: IncomingHttpHeaders,
  body: Body,
  { files, uploads, batches, shed, stage }: Storage,
): Promise<Answer> {
  const route = routeOf(line);
  const key = readKey(headers['x-goog-api-key']);
  checkQuery(route.method, line.query);
  const caller: Caller = { key, files, stage };
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
        shedding(prompt, shed) ??
        scriptedFailure(prompt) ?? {
          kind: 'json',
          value: createResponse(prompt),
          ...tierHeader(prompt),
        }
      );
    }
    case 'streamGenerateContent': {
      const prompt = await readPrompt(route.model, route.method, body, caller);
      return (
        shedding(prompt, shed) ??
        scriptedFailure(prompt) ?? {
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

function scriptedFailure({ scripted, model }: Prompt): Answer | undefined {
  return scripted && 'status' in scripted ? fail(scripted.status, model) : undefined;
}

function tierHeader({ serviceTier }: Prompt): { headers?: Readonly<Record<string, string>> } {
  return serviceTier === undefined ? {} : { headers: { 'x-gemini-service-tier': serviceTier } };
}

/** Who sent a request, which decides whose files it may use. */
export interface Caller {
  readonly key: string;
  readonly files: Files;
  readonly stage: Stage;
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
  const prompt = await promptOf(name, 'batchGenerateContent', json, caller);
  // A row of a job has no page of its own, so that it fails by an error in any case.
  if (scriptedFailure(prompt)) throw new ApiError(500, 'INTERNAL', 'Internal error encountered.');
  return createResponse(prompt);
}

function readPrompt(
  name: string,
  method: AskedRequest['method'],
  body: Body,
  caller: Caller,
): Promise<Prompt> {
  return promptOf(name, method, parseJson(body), caller);
}

async function promptOf(
  name: string,
  method: AskedRequest['method'],
  json: unknown,
  caller: Caller,
): Promise<Prompt> {
  const model = findModel(name, method);
  const request = parseGenerateContentRequest(json);
  checkRequest(request, model);
  const { serviceTier } = request;
  const { script, onAsked } = caller.stage;
  const asked = (script || onAsked) && askedBy(request, method, model.name, caller);
  if (asked) onAsked?.(asked);
  const measured = await measure(request, caller);
  const scripted = asked && (await script?.(asked, measured.pictures));
  return { model: model.name, serviceTier, ...measured, scripted };
}

function askedBy(
  request: GenerateContentRequest,
  method: AskedRequest['method'],
  model: string,
  { files, key }: Caller,
): AskedRequest {
  return askedIn(request, { method, model }, (file) => files.factsOf(key, file));
}

/** Tells of a question that is to fail, as far as it can be read. */
export function tellOfFailing(
  line: RequestLine,
  headers: IncomingHttpHeaders,
  body: Body,
  { files, stage }: Storage,
): void {
  if (!stage.onAsked) return;
  try {
    const route = routeOf(line);
    if (route.method !== 'generateContent' && route.method !== 'streamGenerateContent') return;
    const caller = { key: readKey(headers['x-goog-api-key']), files, stage };
    const request = parseGenerateContentRequest(parseJson(body));
    stage.onAsked(askedBy(request, route.method, route.model, caller));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
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
  { key, files, stage }: Caller,
): Promise<Omit<Prompt, 'model'>> {
  const { contents = [], systemInstruction = {}, generationConfig: config = {} } = request;
  const form = answerFormOf(config);
  const look = { forRegions: asksForBoxes(form), forLikeness: stage.script !== undefined };
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
