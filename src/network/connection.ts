import type { IncomingMessage } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import { GeminiImageError } from '../domain/error.js';
import type { ProxySettings } from '../domain/proxy.js';
import { bypassesProxy } from './no-proxy.js';
import { onAbort } from './on-abort.js';
import { parseProxy, TunnelAgent } from './tunnel.js';

export interface Outgoing {
  headers: Record<string, string>;
  body: string;
  signal: AbortSignal;
}

/** Posts a request and resolves with the head of the response. Redirects are not followed. */
export type Post = (url: string, request: Outgoing) => Promise<IncomingMessage>;

/**
 * Opens the way to a server. Node's `http` and not its `fetch`, which takes longer to load than
 * everything else together, knows no proxy, and gives up on a silent server after five minutes.
 * Plain http is loopback by the base URL's rule, and never goes through a proxy.
 *
 * @throws GeminiImageError of kind `usage` where the proxy's URL cannot be used.
 */
export function openConnection(baseUrl: string, proxy?: ProxySettings): Post {
  const { request } = baseUrl.startsWith('https:') ? https : http;
  const agent = agentFor(baseUrl, proxy);
  return (url, { headers, body, signal }) =>
    new Promise((resolve, reject) => {
      // Node would tie its `signal` option to the connection too, which outlives the request.
      const sent = request(url, { method: 'POST', headers, ...agent?.optionsFor(signal) });
      const stopListening = onAbort(signal, () => sent.destroy());
      // Whatever else may end a request: a promise that never settles would end as a success.
      const onUnanswered = () => reject(unexpected('the connection was closed without an answer'));
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
        reject(unexpected(`the server wants another protocol (HTTP ${statusCode})`, statusCode));
      });
      sent.on('error', reject);
      sent.end(body);
    });
}

function unexpected(message: string, httpStatus?: number): GeminiImageError {
  return new GeminiImageError({
    kind: 'service',
    message,
    httpStatus,
    hint: 'Check the base URL and the proxy settings.',
  });
}

/** Kept, so that the connections of one client serve the next: a program has one proxy at a time. */
let lastTunnel: { proxy: string; agent: TunnelAgent } | undefined;

function agentFor(baseUrl: string, proxy: ProxySettings | undefined): TunnelAgent | undefined {
  if (!proxy || !baseUrl.startsWith('https:')) return undefined;
  if (bypassesProxy(baseUrl, proxy.noProxy ?? '')) return undefined;
  const url = parseProxy(proxy.httpsProxy);
  if (lastTunnel?.proxy !== url.href) {
    lastTunnel = { proxy: url.href, agent: new TunnelAgent(url) };
  }
  return lastTunnel.agent;
}
