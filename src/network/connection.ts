import type { IncomingMessage, RequestOptions } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import { type ErrorFacts, GeminiImageError } from '../domain/error.js';
import type { ProxySettings } from '../domain/proxy.js';
import { onAbort } from './abort.js';
import { whenFree } from './descriptors.js';
import { parseProxy, TunnelAgent } from './tunnel.js';

export interface Outgoing {
  method: 'GET' | 'POST' | 'DELETE';
  headers: Record<string, string>;
  /** Its length is sent along; of several pieces no copy is made. */
  body?: string | Uint8Array | readonly (string | Uint8Array)[];
  signal: AbortSignal;
  /** What to check where a server does not answer as one. */
  hint?: string;
}

/** Sends a request and resolves with the head of the response. Redirects are not followed. */
export type Send = (url: string, request: Outgoing) => Promise<IncomingMessage>;

/**
 * Opens the way to a server. Node's `http` and not its `fetch`, which takes longer to load than
 * everything else together, knows no proxy, and gives up on a silent server after five minutes.
 * Plain http is loopback by the base URL's rule, and never goes through a proxy.
 *
 * @throws GeminiImageError of kind `usage` where the proxy's URL cannot be used.
 */
export function openConnection(baseUrl: string, proxy?: ProxySettings): Send {
  const agent = agentFor(baseUrl, proxy);
  return (url, outgoing) => {
    const { signal } = outgoing;
    return whenFree(() => sendRequest(url, outgoing, agent?.optionsFor(signal)), signal);
  };
}

/**
 * Sends a request on a way of the caller's choice.
 *
 * @param way what Node's `request` is to know of it, such as an agent or a lookup.
 */
export function sendRequest(
  url: string,
  { method, headers, body, signal, hint }: Outgoing,
  way: RequestOptions = {},
): Promise<IncomingMessage> {
  const { request } = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    // Node would tie its `signal` option to the connection too, which outlives the request.
    const pieces = piecesOf(body);
    const sent = request(url, { method, headers: { ...headers, ...lengthOf(pieces) }, ...way });
    const stopListening = onAbort(signal, () => sent.destroy());
    const refuse = (message: string, httpStatus?: number) =>
      reject(unexpected({ message, httpStatus, hint }));
    // Whatever else may end a request: a promise that never settles would end as a success.
    const onUnanswered = () => refuse('the connection was closed without an answer');
    sent.once('close', stopListening);
    sent.once('close', onUnanswered);
    sent.once('response', (response) => {
      sent.off('close', onUnanswered);
      // Whoever reads it sees its error; of one that is left half read, nobody wants to know.
      response.on('error', () => {});
      resolve(response);
    });
    sent.once('upgrade', (response, socket) => {
      socket.destroy();
      const { statusCode } = response;
      refuse(`the server wants another protocol (HTTP ${statusCode})`, statusCode);
    });
    sent.on('error', reject);
    sent.cork();
    for (const piece of pieces) sent.write(piece);
    sent.end();
  });
}

function piecesOf(body: Outgoing['body'] = []): readonly (string | Uint8Array)[] {
  return typeof body === 'string' || body instanceof Uint8Array ? [body] : body;
}

function lengthOf(pieces: readonly (string | Uint8Array)[]): Record<string, string> {
  if (pieces.length === 0) return {};
  const length = pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0);
  return { 'content-length': String(length) };
}

function unexpected(facts: Omit<ErrorFacts, 'kind' | 'reason'>): GeminiImageError {
  const { hint = 'Check the base URL and the proxy settings.' } = facts;
  return new GeminiImageError({ ...facts, kind: 'service', reason: 'not the API', hint });
}

/** Kept, so that the connections of one client serve the next: a program has one proxy at a time. */
let lastTunnel: { proxy: string; agent: TunnelAgent } | undefined;

function agentFor(baseUrl: string, proxy: ProxySettings | undefined): TunnelAgent | undefined {
  const url = proxyFor(baseUrl, proxy);
  if (!url) return undefined;
  if (lastTunnel?.proxy !== url.href) {
    lastTunnel = { proxy: url.href, agent: new TunnelAgent(url) };
  }
  return lastTunnel.agent;
}

/**
 * The proxy that a URL is to be reached through; undefined where there is none for it.
 *
 * @throws GeminiImageError of kind `usage` where the proxy's URL cannot be used.
 */
export function proxyFor(url: string, proxy: ProxySettings | undefined): URL | undefined {
  if (!proxy || !url.startsWith('https:')) return undefined;
  if (bypassesProxy(url, proxy.noProxy ?? '')) return undefined;
  return parseProxy(proxy.httpsProxy);
}

/**
 * Whether a URL is to be reached without the proxy, by the usual reading of NO_PROXY: names apart
 * by commas or blanks, each for itself and its subdomains, with or without a leading dot or `*.`
 * and a port; `*` for everything.
 */
export function bypassesProxy(url: string, noProxy: string): boolean {
  const { hostname, port, protocol } = new URL(url);
  const actualPort = port || (protocol === 'https:' ? '443' : '80');
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = '', wantedPort] = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (wantedPort !== undefined && wantedPort !== actualPort) return false;
      return hostname === name || hostname.endsWith(`.${name}`);
    });
}
