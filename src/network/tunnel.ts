import { request as httpRequest, type RequestOptions } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { GeminiImageError } from '../domain/error.js';
import { type Abortable, onAbort } from './abort.js';

interface TunnelOptions extends RequestOptions {
  /** Not `signal`, which Node would tie to the connection itself. */
  calledOff?: Abortable;
  /** An address that the proxy is asked for in place of the server's name. */
  address?: string | undefined;
}

/** How an agent treats its connections. */
export interface TunnelSettings {
  /** Whether they outlive their request, for the next one to the same server. */
  keepAlive: boolean;
}

/**
 * Reaches https servers through a proxy: asks it to CONNECT, and speaks TLS with the server through
 * what it opens. Unless told otherwise, it keeps its connections and reuses them.
 */
export class TunnelAgent extends Agent {
  readonly #proxy: URL;
  readonly #headers: Record<string, string>;

  /** @param proxy an http or https URL; its user and password go to the proxy alone. */
  constructor(proxy: URL, { keepAlive }: TunnelSettings = { keepAlive: true }) {
    super({ keepAlive });
    this.#proxy = proxy;
    const credentials = `${unescaped(proxy.username)}:${unescaped(proxy.password)}`;
    this.#headers =
      credentials === ':'
        ? {}
        : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
  }

  /**
   * The options of a request that goes through the proxy and may be called off on the way.
   *
   * @param address what to ask the proxy for, so that it looks up no name; TLS and the request
   *   keep the name all the same.
   */
  optionsFor(calledOff: Abortable, address?: string): TunnelOptions {
    return { agent: this, calledOff, address };
  }

  /** Node's agent calls this for a new connection, with the options of the request. */
  override createConnection(
    options: TunnelOptions,
    connected?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    // Without a connection Node takes the error and looks at nothing else.
    const fail = (error: Error) => connected?.(error, undefined as unknown as Duplex);
    const { calledOff, address } = options;
    const host = address ?? options.host ?? '';
    const target = `${isIPv6(host) ? `[${host}]` : host}:${options.port}`;
    const { protocol, hostname, port } = this.#proxy;
    const connect = (protocol === 'https:' ? httpsRequest : httpRequest)({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port || (protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: target,
      headers: { ...this.#headers, host: target },
      agent: false,
    });
    const stopListening = calledOff && onAbort(calledOff, () => connect.destroy());
    connect.once('connect', ({ statusCode = 0, headers }, socket, head) => {
      stopListening?.();
      // Bytes that came with the head of the response are the server's first.
      if (head.length > 0) socket.unshift(head);
      const through = { ...options, socket };
      const secured = statusCode === 200 && super.createConnection(through);
      if (secured) {
        connected?.(null, secured);
        return;
      }
      socket.destroy();
      fail(refusedByProxy(statusCode, address, headers['proxy-authenticate']));
    });
    connect.once('error', (error) => {
      stopListening?.();
      fail(error);
    });
    connect.end();
  }
}

/** Kinds of login that are not supported here; only Basic is. */
const OTHER_LOGINS = ['NTLM', 'Negotiate', 'Kerberos', 'Digest'] as const;

/** @param logins the header `proxy-authenticate` of the proxy's answer. */
function refusedByProxy(
  status: number,
  address: string | undefined,
  logins: string | readonly string[] = [],
): GeminiImageError {
  const wanted = status === 407 ? [logins].flat().join(', ') : '';
  const other = OTHER_LOGINS.find((login) => new RegExp(`\\b${login}\\b`, 'i').test(wanted));
  if (other !== undefined && !/\bBasic\b/i.test(wanted)) {
    return new GeminiImageError({
      kind: 'service',
      message: `the proxy wants to be logged in to by ${other}, which is not spoken here (HTTP 407)`,
      reason: 'proxy',
      hint: 'Only user and password (Basic) are: run a helper such as cntlm or px on this machine, and name it in HTTPS_PROXY.',
    });
  }
  const target = address === undefined ? '' : ` to ${address}`;
  return new GeminiImageError({
    kind: 'service',
    message: `the proxy refused to connect${target} (HTTP ${status})`,
    hint: status === 407 ? 'Check user and password in HTTPS_PROXY.' : refusalHint(address),
    reason: status >= 500 ? 'proxy failed' : 'proxy',
  });
}

function refusalHint(address: string | undefined): string {
  return address === undefined
    ? 'Check HTTPS_PROXY, or name the server in NO_PROXY to go without the proxy.'
    : 'If the proxy wants names and no addresses, --allow-private-hosts leaves the lookup to it.';
}

/** A password with a lone % is used as it is. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
