import { randomUUID } from 'node:crypto';

/**
 * The same server below a path of its own. What a process remembers of an address would otherwise hold
 * for another test whose server gets the same port later.
 */
export function atOwnAddress<Server extends { url: string }>(server: Server): Server {
  return { ...server, url: `${server.url}/${randomUUID()}` };
}
