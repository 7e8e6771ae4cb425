/** Servers on loopback that say what a test wants to hear said. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Seen {
  method: string;
  url: string;
  headers: NodeJS.Dict<string | string[]>;
  /** The body, which is JSON in this API. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it, field by field.
  json: any;
  /** Resolves when the client is gone before its answer is finished. */
  gone: Promise<void>;
}

export interface ScriptedServer {
  url: string;
  /** Every request so far. */
  requests: readonly Seen[];
  /** The environment with which the command asks this server. */
  env: Record<string, string>;
  /** Resolves when this many requests have come. */
  seen(count: number): Promise<void>;
  /** Stops listening before the test is over. */
  close(): Promise<void>;
}

/** Answers request number `at`, counted from 0. */
export type Script = (response: ServerResponse, at: number, request: Seen) => void;

export const KEY = 'test-key-0123456789';

/** A server for one test. */
export async function serve(script: Script): Promise<ScriptedServer> {
  const requests: Seen[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const server = createServer(async (request, response) => {
    const gone = new Promise<void>((resolve) => {
      response.once('close', () => !response.writableFinished && resolve());
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const { method = '', url = '', headers } = request;
    const seen = { method, url, headers, json: text === '' ? undefined : JSON.parse(text), gone };
    requests.push(seen);
    for (const { count, resolve } of waiting) if (requests.length >= count) resolve();
    script(response, requests.length - 1, seen);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    close,
    env: { GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: KEY },
    seen: (count) =>
      new Promise((resolve) => {
        if (requests.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
  };
}

/** Answers every request with this text, finished. */
export const saying = (text: string) => serve((response) => sendJson(response, 200, answer(text)));

/** Never answers. */
export const silent = () => serve(() => {});

/** Answers every request with this error. */
export const failing = (code: number, status: string, message: string, details: object[] = []) =>
  serve((response) => sendJson(response, code, { error: { code, message, status, details } }));

export function answer(text: string, finishReason: string | undefined = 'STOP'): object {
  return {
    candidates: [
      {
        content: { role: 'model', parts: [{ text }] },
        ...(finishReason !== undefined && { finishReason }),
        index: 0,
      },
    ],
    usageMetadata: { promptTokenCount: 1130, candidatesTokenCount: 12, totalTokenCount: 1142 },
    modelVersion: 'gemini-3.5-flash-lite',
  };
}

/** A part of a streamed answer, which has no finish reason yet. */
export function piece(text: string): object {
  return { candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0 }] };
}

export function sendJson(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' });
  response.end(JSON.stringify(value));
}

export function startEvents(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
}

export function sendEvent(response: ServerResponse, value: object): void {
  response.write(`data: ${JSON.stringify(value)}\r\n\r\n`);
}
