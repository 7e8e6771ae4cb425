import type { IncomingMessage, RequestOptions } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { type ErrorFacts, GeminiImageError } from '../domain/error.js';
import type { ProxySettings } from '../domain/proxy.js';
import { type Abortable, onAbort } from './abort.js';
import { whenFree } from './descriptors.js';
import type { TunnelAgent } from './tunnel.js';

export interface Outgoing {
  method: 'GET' | 'POST' | 'DELETE';
  headers: Record<string, string>;
  /** The length is sent along; several pieces are not copied together. */
  body?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  signal: Abortable;
  /** Called when all of it has been handed to the system. */
  onSent?: (() => void) | undefined;
  /** What to check if the server does not speak HTTP. */
  hint?: string | undefined;
}

/** Sends a request and resolves with the head of the response. Redirects are not followed. */
export type Send = (url: string, request: Outgoing) => Promise<IncomingMessage>;

/**
 * Makes the function that sends requests to a server. It uses Node's `http` and not `fetch`, which
 * takes longer to load than everything else together, knows no proxy, and gives up on a silent server
 * after five minutes. Plain http never goes through a proxy: by the rule for base URLs it is loopback.
 *
 * @throws GeminiImageError of kind `usage` if the proxy's URL cannot be used.
 */
export function openConnection(baseUrl: string, proxy?: ProxySettings): Send {
  const through = proxyFor(baseUrl, proxy);
  return async (url, outgoing) => {
    const { signal } = outgoing;
    const agent = through && (await agentFor(through));
    return whenFree(() => sendRequest(url, outgoing, agent?.optionsFor(signal)), signal);
  };
}

/**
 * Sends a request.
 *
 * @param route options of Node's `request` for the connection, such as an agent or a lookup.
 */
export function sendRequest(
  url: string,
  { method, headers, body, signal, onSent, hint }: Outgoing,
  route: RequestOptions = {},
): Promise<IncomingMessage> {
  const { request } = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    // Node would tie its `signal` option to the connection too, which outlives the request.
    const pieces = piecesOf(body);
    const fields = Object.assign({}, headers, lengthOf(pieces));
    const { protocol, hostname, port, path, auth } = targetOf(url);
    const target = { method, headers: fields, protocol, hostname, port, path, auth };
    const sent = request(Object.assign(target, route));
    const stopListening = onAbort(signal, () => sent.destroy());
    const refuse = (message: string, httpStatus?: number) =>
      reject(unexpected({ message, httpStatus, hint }));
    // Nothing may leave the promise pending: the process would then end as if it had succeeded.
    const onUnanswered = () => refuse('the connection was closed without an answer');
    sent.once('close', stopListening);
    sent.once('close', onUnanswered);
    sent.once('response', (response) => {
      sent.off('close', onUnanswered);
      // The reader of the response sees its error; one that is left half read may fail unheard.
      response.on('error', () => {});
      resolve(response);
    });
    sent.once('upgrade', (response, socket) => {
      socket.destroy();
      const { statusCode } = response;
      refuse(`the server wants another protocol (HTTP ${statusCode})`, statusCode);
    });
    sent.on('error', reject);
    if (onSent) sent.once('finish', onSent);
    sent.cork();
    for (const piece of pieces) sent.write(piece);
    sent.end();
  });
}

/** All calls of a run go to one address, which is taken apart once. */
let lastTarget: { url: string; options: RequestOptions } | undefined;

function targetOf(url: string): RequestOptions {
  if (lastTarget?.url !== url) lastTarget = { url, options: urlToHttpOptions(new URL(url)) };
  return lastTarget.options;
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

/** Kept so that clients share connections; a program uses one proxy at a time. */
let lastTunnel: { proxy: string; agent: TunnelAgent } | undefined;

async function agentFor(url: URL): Promise<TunnelAgent> {
  const { TunnelAgent } = await import('./tunnel.js');
  if (lastTunnel?.proxy !== url.href) {
    lastTunnel = { proxy: url.href, agent: new TunnelAgent(url) };
  }
  return lastTunnel.agent;
}

/**
 * The proxy that a URL is to be reached through; undefined if there is none for it.
 *
 * @throws GeminiImageError of kind `usage` if the proxy's URL cannot be used.
 */
export function proxyFor(url: string, proxy: ProxySettings | undefined): URL | undefined {
  if (!proxy || !url.startsWith('https:')) return undefined;
  if (bypassesProxy(url, proxy.noProxy ?? '')) return undefined;
  return parseProxy(proxy.httpsProxy);
}

/**
 * Whether a URL is to be reached without the proxy, by the usual reading of NO_PROXY: names that are
 * separated by commas or blanks. Each stands for itself and its subdomains, with or without a leading
 * dot or `*.` and a port; `*` stands for every host.
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

/**
 * Reads a proxy's URL as HTTPS_PROXY has it, with or without `http://`.
 *
 * @throws GeminiImageError of kind `usage`; the message does not repeat it, for it may hold a
 *   password.
 */
export function parseProxy(raw: string): URL {
  const [, scheme = '', rest = ''] = /^(?:([a-z][a-z\d+.-]*):\/\/)?(.*)$/is.exec(raw.trim()) ?? [];
  if (scheme !== '' && !/^https?$/i.test(scheme)) {
    const spoken = /^socks/i.test(scheme) ? 'a SOCKS proxy' : 'a proxy of another kind';
    throw unusable(`is ${spoken}; http and https proxies are spoken`);
  }
  const user = rest.slice(0, Math.max(0, rest.lastIndexOf('@')));
  // Such a character would end the host's name, and a part of the password would be looked up.
  const [odd] = /[#\\/?\s]/.exec(user) ?? [];
  if (odd !== undefined) {
    throw unusable(
      `has ${/\s/.test(odd) ? 'a blank' : `a ${odd}`} in its user or password`,
      `Write it as ${encodeURIComponent(odd)} there, and the address as http://user:password@host:port.`,
    );
  }
  if (rest.includes('\\')) throw unusable('has a backslash in it');
  const text = `${scheme || 'http'}://${rest}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.hostname === '') throw unusable('is not the URL of an http or https proxy');
  return url;
}

function unusable(why: string, hint = 'Write it as http://host:port, or unset it.') {
  return new GeminiImageError({
    kind: 'usage',
    reason: 'proxy',
    message: `HTTPS_PROXY ${why}`,
    hint,
  });
}
