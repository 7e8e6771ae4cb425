/** A web server on loopback that holds pictures. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface WebServer {
  /** Without a slash at its end. */
  url: string;
  /** What was asked for so far. */
  requests: readonly { path: string; headers: IncomingHttpHeaders }[];
  /** How many connections were made. */
  connections(): number;
}

/**
 * Starts a web server for the test that runs.
 *
 * @param pages the file, or the address to go on to, for each path.
 */
export async function webServer(
  pages: Record<string, { file: string } | { redirect: string }>,
): Promise<WebServer> {
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  let connections = 0;
  const server = createServer(({ url = '', headers }, response) => {
    requests.push({ path: url, headers });
    const page = pages[new URL(url, 'http://localhost').pathname];
    if (!page) response.writeHead(404).end();
    else if ('redirect' in page) response.writeHead(302, { location: page.redirect }).end();
    else response.writeHead(200).end(readFileSync(page.file));
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests, connections: () => connections };
}
