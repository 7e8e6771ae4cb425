import type { Question } from '../domain/question.js';

/** The largest request that is safe to send inline, in bytes (the service's own words name it). */
export const MAX_REQUEST_BYTES = 20_971_520;

/** A generateContent request: the picture first, the prompt after it, nothing unasked for. */
export interface GenerateContentRequest {
  contents: [
    {
      role: 'user';
      parts: [{ inlineData: { mimeType: string; data: string } }, { text: string }];
    },
  ];
}

/** Builds the request's body; `data` is raw base64 without a `data:` prefix. */
export function buildRequest({ picture, prompt }: Question): GenerateContentRequest {
  const { bytes, mimeType } = picture;
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return requestAround(mimeType, data, prompt);
}

/** The body as `--dry-run` shows it: the picture's bytes as a count. */
export function previewRequest({ picture, prompt }: Question): GenerateContentRequest {
  return requestAround(picture.mimeType, `<${picture.bytes.byteLength} bytes>`, prompt);
}

/** How many bytes a picture may have so that its request, in base64 and with the prompt, fits. */
export function maxInlineBytes(prompt: string): number {
  const envelope = Buffer.byteLength(JSON.stringify(requestAround('image/webp', '', prompt)));
  return Math.max(0, Math.floor((MAX_REQUEST_BYTES - envelope) / 4) * 3);
}

/** Where the request goes. */
export function requestUrl(baseUrl: string, model: string, streaming: boolean): string {
  const task = streaming ? 'streamGenerateContent?alt=sse' : 'generateContent';
  return `${baseUrl}/v1beta/models/${model}:${task}`;
}

function requestAround(mimeType: string, data: string, prompt: string): GenerateContentRequest {
  return {
    contents: [{ role: 'user', parts: [{ inlineData: { mimeType, data } }, { text: prompt }] }],
  };
}
