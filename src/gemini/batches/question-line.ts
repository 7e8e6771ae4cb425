import { randomUUID } from 'node:crypto';
import type { JsonSchema } from '../../domain/brief.js';
import type { Content } from '../../domain/content.js';
import { isObject } from '../../domain/json.js';
import type { Question, QuestionPart } from '../../domain/question.js';
import {
  type GenerateContentRequest,
  type RequestPart,
  requestOf,
  requestPart,
  unstored,
} from '../request.js';
import { base64Length } from '../request-size.js';

/** One line of a job's input: JSON, and pictures whose base64 belongs between its pieces. */
export interface QuestionLine {
  readonly pieces: readonly (Buffer | Content)[];
  /** Its length with the line break at its end. */
  readonly bytes: number;
}

/** Stands for the data of a picture until it is written. A prompt cannot hold it by chance. */
const MARK = randomUUID();
const PLACES = new RegExp(`${MARK}/(\\d+)/`);

/** Puts a question into a line `{"key":…,"request":{…}}`. */
export function questionLine(
  key: string,
  question: Omit<Question, 'model'>,
  mayStore: boolean,
): QuestionLine {
  const pictures: Content[] = [];
  const parts = question.parts.map((part: QuestionPart): RequestPart => {
    if (!('inline' in part)) return requestPart(part);
    const { content, mimeType } = part.inline;
    const at = pictures.push(content) - 1;
    return { inlineData: { mimeType, data: `${MARK}/${at}/` } };
  });
  const request = requestOf(parts, question);
  const line = { key, request: inBatchForm(mayStore ? request : unstored(request)) };
  const pieces = JSON.stringify(line)
    .split(PLACES)
    .flatMap((text, at) => (at % 2 === 0 ? Buffer.from(text) : (pictures[Number(text)] ?? [])));
  pieces.push(LINE_BREAK);
  return { pieces, bytes: pieces.reduce((sum, piece) => sum + bytesOf(piece), 0) };
}

const LINE_BREAK = Buffer.from('\n');

function bytesOf(piece: Buffer | Content): number {
  return Buffer.isBuffer(piece) ? piece.length : base64Length(piece.size);
}

/**
 * Batches ignore a schema in `responseJsonSchema`, and keep to one in `response_json_schema` whose
 * properties have an order.
 */
function inBatchForm(request: GenerateContentRequest): object {
  const { generationConfig } = request;
  if (!generationConfig?.responseJsonSchema) return request;
  const { responseJsonSchema, ...config } = generationConfig;
  return {
    ...request,
    generationConfig: { ...config, response_json_schema: ordered(responseJsonSchema) },
  };
}

/** Keywords whose value is a schema, a list of schemas, or schemas by name. */
const WITH_SCHEMAS = ['items', 'prefixItems', 'anyOf', 'oneOf', 'additionalProperties'];
const BY_NAME = ['properties', '$defs'];

/** The schema with the order of the properties of each object in it. */
function ordered(schema: JsonSchema): JsonSchema {
  const inner = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inner);
    return isObject(value) ? ordered(value) : value;
  };
  const entries = Object.entries(schema).map(([keyword, value]) => {
    if (WITH_SCHEMAS.includes(keyword)) return [keyword, inner(value)];
    if (!BY_NAME.includes(keyword) || !isObject(value)) return [keyword, value];
    const named = Object.entries(value).map(([name, one]) => [name, inner(one)]);
    return [keyword, Object.fromEntries(named)];
  });
  const { properties, propertyOrdering } = schema;
  const needsOrder = isObject(properties) && propertyOrdering === undefined;
  return {
    ...Object.fromEntries(entries),
    ...(needsOrder && { propertyOrdering: Object.keys(properties) }),
  };
}
