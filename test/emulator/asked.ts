/** Requests that want an answer of some form, and the text of what comes. */
import { expect } from 'vitest';
import type { Reply } from './client.js';

export type Generate = (body: unknown, model?: string) => Promise<Reply>;
export type Shown = readonly [mimeType: string, bytes: Buffer];

/** Pictures with the prompt after them, or each text of several. */
export function request(
  pictures: readonly Shown[],
  prompt: string | readonly string[],
  generationConfig: object = {},
) {
  const parts = [
    ...pictures.map(([mimeType, bytes]) => ({
      inlineData: { mimeType, data: bytes.toString('base64') },
    })),
    ...[prompt].flat().map((text) => ({ text })),
  ];
  return { contents: [{ role: 'user', parts }], generationConfig };
}

export const inJson = (responseJsonSchema?: unknown) => ({
  responseMimeType: 'application/json',
  ...(responseJsonSchema !== undefined && { responseJsonSchema }),
});

/** The text of an answer that finished. */
export async function textOf(reply: Reply | Promise<Reply>): Promise<string> {
  const { json } = await reply;
  expect(json.error).toBeUndefined();
  const [{ content, finishReason }] = json.candidates;
  expect(finishReason).toBe('STOP');
  return content.parts[0].text;
}
