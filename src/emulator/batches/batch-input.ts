// The input of a job: lines of an uploaded file, or requests in the call itself. All of it is
// checked when the job is created, as Google does: one bad line refuses the whole job.
import { ApiError, badRequest, invalidArgument } from '../http/errors.js';
import { parseGenerateContentRequest } from '../messages/parse.js';
import type { GenerateContentRequest } from '../messages/requests.js';

/** One question of a job. */
export interface BatchRequest {
  /** Undefined if an inline request has none. */
  readonly key?: string;
  /** The request as it was sent. */
  readonly json: unknown;
}

/** Bytes that can be read again and again, such as those of an uploaded file. */
export interface Content {
  readonly size: number;
  /** Fewer bytes only at the end. */
  readAt(offset: number, length: number): Buffer;
}

const CHUNK_BYTES = 1_048_576;
/** In bytes; a request has no more. */
const LONGEST_LINE = 28_000_000;
const MOST_ERRORS = 20;

/** The lines of a file, without their ends; the last one may have none. */
export function* linesOf(content: Content): Generator<Buffer, void, void> {
  let rest: Buffer[] = [];
  for (let offset = 0; offset < content.size; offset += CHUNK_BYTES) {
    let chunk = content.readAt(offset, Math.min(CHUNK_BYTES, content.size - offset));
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a)) {
      yield Buffer.concat([...rest, chunk.subarray(0, end)]);
      rest = [];
      chunk = chunk.subarray(end + 1);
    }
    // Copied, since the next chunk may be read into the same memory.
    if (chunk.length > 0) rest.push(Buffer.from(chunk));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

/** The request of a line that was checked. */
export function requestOf(line: Buffer): BatchRequest {
  const { key, request } = JSON.parse(line.toString()) as { key?: string; request: unknown };
  return { ...(key !== undefined && { key }), json: request };
}

/** What `batchGenerateContent` was given. */
export interface Create {
  readonly displayName: string;
  readonly fileName?: string;
  readonly requests?: unknown;
}

/** Throws 400 for missing fields. */
export function readCreate(json: unknown): Create {
  const batch = messageIn(json, ['batch'], 'batch');
  const { displayName, inputConfig } = fieldsOf(batch, 'batch', {
    displayName: 'display_name',
    inputConfig: 'input_config',
    priority: 'priority',
    name: 'name',
    model: 'model',
  });
  const input = fieldsOf(inputConfig ?? {}, 'batch.input_config', {
    fileName: 'file_name',
    requests: 'requests',
  });
  const { fileName, requests } = input;
  if ((fileName === undefined) === (requests === undefined)) {
    throw invalidArgument(
      '* BatchGenerateContentRequest.batch.input_config: one of file_name and requests is required.\n',
    );
  }
  return {
    displayName: typeof displayName === 'string' ? displayName : '',
    ...(typeof fileName === 'string' && { fileName }),
    ...(requests !== undefined && { requests }),
  };
}

function messageIn(json: unknown, names: readonly string[], wanted: string): unknown {
  if (!isObject(json)) throw unknownName('', '');
  const unknown = Object.keys(json).find((name) => !names.includes(name));
  if (unknown !== undefined) throw unknownName(unknown, '');
  return json[wanted];
}

/** The fields of a message, which may be in camelCase or snake_case. */
function fieldsOf<Names extends string>(
  json: unknown,
  where: string,
  names: Readonly<Record<Names, string>>,
): Partial<Record<Names, unknown>> {
  if (!isObject(json)) throw unknownName('', where);
  const fields: Partial<Record<Names, unknown>> = {};
  for (const [given, value] of Object.entries(json)) {
    const name = (Object.keys(names) as Names[]).find(
      (camel) => camel === given || names[camel] === given,
    );
    if (name === undefined) throw unknownName(given, where);
    fields[name] = value;
  }
  return fields;
}

/** Checks a request of this job; it throws an ApiError. */
export type Check = (request: GenerateContentRequest) => void;

/**
 * Counts the requests of a file.
 *
 * Throws 400 that names the lines at fault, the first twenty of them.
 */
export function checkFile(content: Content, check: Check): number {
  const errors: string[] = [];
  let count = 0;
  for (const line of linesOf(content)) {
    count += 1;
    const problem = problemOfLine(line, check);
    if (problem !== undefined) errors.push(`Error on line ${count}: ${problem}`);
    if (errors.length >= MOST_ERRORS) break;
  }
  if (errors.length > 0) throw invalidArgument(errors.join('\n'));
  if (count === 0) throw invalidArgument('The input file is empty.');
  return count;
}

function problemOfLine(line: Buffer, check: Check): string | undefined {
  if (line.length > LONGEST_LINE) return 'the request is too large.';
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line);
  } catch {
    return 'invalid JSON, near column 1: the line is not valid UTF-8.';
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const position = /position (\d+)/.exec(String(error))?.[1];
    const column = position === undefined ? text.length : Number(position) + 1;
    return `invalid JSON, near column ${column}: syntax error.`;
  }
  if (!isObject(json)) return 'invalid JSON, near column 1: the line is no object.';
  const unknown = Object.keys(json).find((name) => name !== 'key' && name !== 'request');
  if (unknown !== undefined) return noSuchField(unknown, text);
  if (json.key !== undefined && typeof json.key !== 'string') return 'key is no string.';
  return problemOfRequest(json.request, text, check);
}

function problemOfRequest(request: unknown, text: string, check: Check): string | undefined {
  try {
    checkBatchRequest(request, check);
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const unknown = /Unknown name "([^"]+)"/.exec(error.message)?.[1];
    return unknown === undefined ? error.message.trim() : noSuchField(unknown, text);
  }
}

function noSuchField(name: string, text: string): string {
  const column = text.indexOf(JSON.stringify(name)) + 1;
  return `invalid JSON, near column ${column}: no such field: '${name}'`;
}

/** Reads the requests that stand in the call itself. Throws 400 for the first one at fault. */
export function inlineRequests(given: unknown, check: Check): BatchRequest[] {
  const list = isObject(given) ? given.requests : undefined;
  if (!Array.isArray(list) || list.length === 0) {
    throw invalidArgument('* BatchGenerateContentRequest.batch.input_config: no requests.\n');
  }
  return list.map((one: unknown) => {
    if (!isObject(one)) throw unknownName('', 'requests');
    const unknown = Object.keys(one).find((name) => name !== 'request' && name !== 'metadata');
    if (unknown !== undefined) throw unknownName(unknown, 'batch.input_config.requests.requests');
    const { request, metadata } = one;
    checkBatchRequest(request, check);
    const key = isObject(metadata) ? metadata.key : undefined;
    return { ...(typeof key === 'string' && { key }), json: request };
  });
}

/** Throws 400 for a request that a single call would refuse, or that a batch does not take. */
function checkBatchRequest(json: unknown, check: Check): void {
  if (!isObject(json)) throw invalidArgument('request is missing.');
  for (const name of ['serviceTier', 'service_tier']) {
    if (Object.hasOwn(json, name)) throw invalidArgument(`${name} is not supported in a batch.`);
  }
  const request = parseGenerateContentRequest(json);
  const { systemInstruction } = request;
  if (systemInstruction && !systemInstruction.parts?.some(({ text }) => text)) {
    throw invalidArgument('system_instruction must not be empty.');
  }
  check(request);
}

function unknownName(name: string, where: string): ApiError {
  const description = `Invalid JSON payload received. Unknown name "${name}" at '${where}': Cannot find field.`;
  return badRequest([{ field: where, description }]);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
