import { createReadStream } from 'node:fs';
import { GeminiImageError } from '../../domain/error.js';
import { isObject } from '../../domain/json.js';
import type { Answer } from '../../domain/record.js';
import { readAnswer } from '../answer.js';
import { rowError } from '../errors/row-error.js';
import { asText, parseJson } from '../json.js';
import { type KeyHider, type Redact, withoutSecrets } from '../key.js';
import { costOf, priceFor, withThinkingHint } from '../models.js';
import type { BatchRow, ReadRows } from './batch-client.js';

const CHUNK_BYTES = 262_144;

/** A longer line is no answer; it is passed over without being held in memory. */
const LONGEST_LINE = 64 * 1_048_576;

const LINE_BREAK = 0x0a;

/** The rows of results, in the order of the file. */
export async function* readRows(
  path: string,
  options: ReadRows,
  hider: KeyHider,
  redact: Redact,
): AsyncGenerator<BatchRow, void, void> {
  let place = 0;
  for await (const line of linesOf(path)) {
    options.signal?.throwIfAborted();
    const text = line?.toString();
    if (text?.trim() === '') continue;
    const row = text === undefined ? undefined : parseJson(text);
    yield { ...(await readRow(row, options, hider, redact)), place };
    place += 1;
  }
}

async function readRow(
  row: unknown,
  { model, expect, pricesAt = new Date() }: ReadRows,
  hider: KeyHider,
  redact: Redact,
): Promise<Omit<BatchRow, 'place'>> {
  if (!isObject(row)) return { result: unreadable() };
  const metadata = isObject(row.metadata) ? row.metadata : {};
  const key = asText(row.key) ?? asText(metadata.key);
  const reader = readAnswer(model, expect?.(key), hider);
  const priced = <Billed extends Answer | GeminiImageError>({ usage, model: answered }: Billed) => {
    const price = priceFor(answered ?? model, model, pricesAt, 'batch');
    return usage && price && costOf(usage, price);
  };
  const read = async (): Promise<Answer | GeminiImageError> => {
    try {
      if (isObject(row.response)) {
        await reader.add(row.response);
        // Batches say that they are served in the standard tier, which has another price.
        const { tier: _, ...answer } = await reader.finish();
        const costUsd = priced(answer);
        return costUsd === undefined ? answer : { ...answer, costUsd };
      }
      throw row.error === undefined ? empty() : rowError(row.error);
    } catch (error) {
      const safe = withoutSecrets(error, redact);
      const billed = (safe.usage ? safe : reader.billed(safe)).with({ tier: undefined });
      const told = withThinkingHint(billed, model).with({ costUsd: priced(billed) });
      return told.kind === 'service' ? told.with({ partialText: reader.textSoFar() }) : told;
    }
  };
  return { ...(key !== undefined && { key }), result: await read() };
}

/** The lines of a file without their ends; undefined stands for one that is too long. */
async function* linesOf(path: string): AsyncGenerator<Buffer | undefined, void, void> {
  let pieces: Buffer[] = [];
  let length = 0;
  const line = () => (length > LONGEST_LINE ? undefined : Buffer.concat(pieces));
  const keep = (bytes: Buffer) => {
    length += bytes.length;
    if (length > LONGEST_LINE) pieces = [];
    else pieces.push(bytes);
  };
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    let rest: Buffer = chunk;
    for (let end = rest.indexOf(LINE_BREAK); end >= 0; end = rest.indexOf(LINE_BREAK)) {
      keep(rest.subarray(0, end));
      yield line();
      pieces = [];
      length = 0;
      rest = rest.subarray(end + 1);
    }
    if (rest.length > 0) keep(rest);
  }
  if (length > 0) yield line();
}

function unreadable(): GeminiImageError {
  return new GeminiImageError({
    kind: 'service',
    reason: 'broken off',
    message: 'a row of the results is no JSON object',
    hint: 'Try again later.',
  });
}

function empty(): GeminiImageError {
  return new GeminiImageError({
    kind: 'service',
    reason: 'broken off',
    message: 'the row has neither an answer nor an error',
    hint: 'Try again later.',
  });
}
