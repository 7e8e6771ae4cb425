import { fork } from 'node:child_process';
import { once } from 'node:events';
import { script } from './built.mjs';

/** Starts the server. */
export async function startService() {
  const { port, ask, send, stop } = await startServer('server.mjs');
  return {
    port,
    baseUrl: `http://127.0.0.1:${port}`,
    /** Lets the server write the next event of its stream or, after the last, end it. */
    nextEvent: () => send('next'),
    /** When the events of the last stream were written. */
    streamReport: async () => (await ask('report')).writtenAt,
    stop,
  };
}

/** Starts a slow link to the server. */
export async function startLink(service) {
  const { port, ask, stop } = await startServer('link.mjs', [service.port]);
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    /** The rates, in Mbit/s, at which large requests went through since this was asked last. */
    rates: async () => (await ask('rates')).rates,
    stop,
  };
}

/** Starts the server for many pictures. */
export async function startBusy() {
  const { port, ask, stop } = await startServer('busy.mjs');
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    /**
     * Begins to count anew. Each call is answered after `latencyMs`; a `bucket` of `capacity` is
     * filled `perSecond`; of each `failEvery` calls one fails.
     */
    behave: (behaviour) => ask(behaviour),
    report: () => ask({ report: true }),
    stop,
  };
}

/** In a process of its own, which also ends when this one does. */
async function startServer(name, args = []) {
  const server = fork(script(name), args.map(String));
  const answer = async () => (await once(server, 'message'))[0];
  const { port } = await answer();
  return {
    port,
    send: (message) => server.send(message),
    ask(message) {
      server.send(message);
      return answer();
    },
    async stop() {
      if (!server.connected) return;
      const exit = once(server, 'exit');
      server.disconnect();
      await exit;
    },
  };
}
