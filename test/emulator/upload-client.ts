/** The client's side of Google's resumable upload protocol, step by step. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { type Reply, saying } from './client.js';

export const KIB_256 = 256 * 1024;

export interface UploadReply extends Reply {
  headers: Headers;
}

export type UploadHeaders = Record<string, string>;

export async function call(
  url: string,
  method: string,
  headers: UploadHeaders,
  body: string | Buffer = '',
): Promise<UploadReply> {
  const response = await fetch(url, method === 'GET' ? { headers } : { method, headers, body });
  const text = await response.text();
  const type = response.headers.get('content-type');
  const json = type?.startsWith('application/json') ? JSON.parse(text) : undefined;
  return { status: response.status, type, text, json, headers: response.headers };
}

/** The headers that start an upload. */
export function announcing(mimeType: string, size: number | string): UploadHeaders {
  return {
    'x-goog-api-key': 'k',
    'x-goog-upload-protocol': 'resumable',
    'x-goog-upload-command': 'start',
    'x-goog-upload-header-content-length': String(size),
    'x-goog-upload-header-content-type': mimeType,
  };
}

export function start(
  url: string,
  headers: UploadHeaders,
  body: string | object = { file: { displayName: 'a picture' } },
): Promise<UploadReply> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return call(`${url}/upload/v1beta/files`, 'POST', headers, text);
}

/** The URL for the bytes of a new upload. */
export async function open(url: string, mimeType: string, size: number): Promise<string> {
  const { headers } = await start(url, announcing(mimeType, size));
  return headers.get('x-goog-upload-url') ?? '';
}

/** One request about an upload; without an offset none is stated. */
export function command(
  uploadUrl: string,
  name: string,
  offset?: number | string,
  bytes?: Buffer,
): Promise<UploadReply> {
  const headers: UploadHeaders = { 'x-goog-upload-command': name };
  if (offset !== undefined) headers['x-goog-upload-offset'] = String(offset);
  return call(uploadUrl, 'POST', headers, bytes);
}

/** A chunk that the server has begun to take, of which the client can send as much as it likes. */
export async function beginChunk(
  uploadUrl: string,
  offset: number,
  length: number,
): Promise<ClientRequest> {
  const chunk = request(uploadUrl, {
    method: 'POST',
    headers: {
      'x-goog-upload-command': 'upload',
      'x-goog-upload-offset': offset,
      'content-length': length,
      expect: '100-continue',
    },
  });
  chunk.on('error', () => {});
  chunk.flushHeaders();
  await once(chunk, 'continue');
  return chunk;
}

/** A chunk of which only the first `sent` bytes leave before the client goes away. */
export async function breakOff(
  uploadUrl: string,
  offset: number,
  bytes: Buffer,
  sent: number,
): Promise<void> {
  const chunk = await beginChunk(uploadUrl, offset, bytes.length);
  const closed = new Promise((resolve) => chunk.on('close', resolve));
  chunk.write(bytes.subarray(0, sent), () => chunk.socket?.end(() => chunk.destroy()));
  await closed;
}

/** A file, uploaded in one piece. */
export async function upload(url: string, mimeType: string, bytes: Buffer, key = 'k') {
  const { headers } = await start(url, {
    ...announcing(mimeType, bytes.length),
    'x-goog-api-key': key,
  });
  const to = headers.get('x-goog-upload-url') ?? '';
  return (await command(to, 'upload, finalize', 0, bytes)).json.file;
}

/** A request about uploaded files, with a prompt after them. */
export function aboutFiles(...files: { fileUri: string; mimeType?: string }[]) {
  const { contents } = saying('What is it?');
  const parts = [...files.map((fileData) => ({ fileData })), ...(contents[0]?.parts ?? [])];
  return { contents: [{ role: 'user', parts }] };
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64');
}

/** Bytes that are no picture, and differ wherever one looks. */
export function pattern(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE((at * 2_654_435_761) >>> 0, at);
  return bytes;
}
