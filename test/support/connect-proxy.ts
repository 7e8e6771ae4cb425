/** An HTTP proxy on loopback that leads every CONNECT to one server, whatever it was for. */
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { listenOnLoopback } from './fake-gemini.js';

export interface ConnectProxy {
  /** `127.0.0.1:port`. */
  host: string;
  /** What was asked of it: the target, and with which credentials. */
  connects: readonly { target: string; authorization: string | undefined }[];
}

/** Ways of a proxy to refuse without a word. */
export const SILENCE = Symbol('silence');
export const HANG_UP = Symbol('hang up');

/**
 * @param port where every connection leads to.
 * @param refusal a status line to answer with in place of a connection, or no answer at all.
 */
export async function connectProxy(
  port: number,
  refusal?: string | typeof SILENCE | typeof HANG_UP,
): Promise<ConnectProxy> {
  const connects: { target: string; authorization: string | undefined }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => {
    response.writeHead(500).end('not a CONNECT');
  });
  server.on('connect', (request, client: Socket) => {
    const authorization = request.headers['proxy-authorization'];
    connects.push({ target: request.url ?? '', authorization });
    sockets.add(client.on('error', () => {}));
    if (refusal === SILENCE) return;
    if (refusal === HANG_UP) {
      client.destroy();
      return;
    }
    if (refusal !== undefined) {
      client.end(`HTTP/1.1 ${refusal}\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    sockets.add(upstream.on('error', () => {}));
  });
  const host = `127.0.0.1:${await listenOnLoopback(server)}`;
  // What is registered last runs first, and the server waits for these to be gone.
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { host, connects };
}
