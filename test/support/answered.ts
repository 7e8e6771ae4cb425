/** Ledgers with answers about pictures that are there. */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OkRecord } from '../../src/domain/record.js';
import { identifyFile } from '../../src/images/identity/identify-file.js';

/** The answers about a picture, by their styles; `text` is that of no style. */
export type Answers = Readonly<Record<string, string | readonly string[] | object>>;

/** Adds a record for each answer about a picture to `c.jsonl`. */
export async function answered(
  cwd: string,
  image: string,
  answers: Answers,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const facts = await identifyFile({ source: join(cwd, image) });
  const lines = Object.entries(answers).map(([style, answer]) =>
    JSON.stringify({
      image,
      status: 'ok',
      text: typeof answer === 'string' ? answer : JSON.stringify(answer),
      ...(typeof answer !== 'string' && { data: answer }),
      finishReason: 'STOP',
      model: 'gemini-test',
      usage: { inputTokens: 1, outputTokens: 1, thoughtTokens: 0, cachedTokens: 0 },
      costUsd: 0.001,
      ...facts,
      width: 64,
      height: 48,
      sent: { mimeType: 'image/jpeg', width: 64, height: 48, bytes: 1, changes: [] },
      asked: { ...(style !== 'text' && { style }), prompt: 'Say it.' },
      request: `request-${style}`,
      durationMs: 5,
      ...more,
    }),
  );
  appendFileSync(join(cwd, 'c.jsonl'), lines.map((line) => `${line}\n`).join(''));
}

/** The records of `c.jsonl`. */
export function recordsOf(cwd: string): OkRecord[] {
  return readFileSync(join(cwd, 'c.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
