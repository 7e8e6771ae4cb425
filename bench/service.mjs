import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Starts the server in a process of its own; it also ends when this process does. */
export async function startService() {
  const server = fork(fileURLToPath(new URL('server.mjs', import.meta.url)));
  const [{ port }] = await once(server, 'message');
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    /** Lets the server write the next event of its stream or, after the last, end it. */
    nextEvent: () => server.send('next'),
    /** When the events of the last stream were written. */
    async streamReport() {
      server.send('report');
      const [{ writtenAt }] = await once(server, 'message');
      return writtenAt;
    },
    async stop() {
      const exit = once(server, 'exit');
      server.disconnect();
      await exit;
    },
  };
}
