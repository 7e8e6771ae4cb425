// A link to the server that is as slow upwards as an uplink at home: `node link.mjs <port>`, in a
// process of its own. It holds one chunk at most, so the sender feels how slow it is. Downwards
// nothing is slowed, and no latency is added.
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './clock.mjs';

const BYTES_PER_MS = 20e6 / 8 / 1000;
/** What may be caught up after a timer that fired late, so that the rate holds on the whole. */
const BURST_MS = 10;
/** Less would count the handshake of a connection more than the rate. */
const TELLING_BYTES = 1_000_000;

const [port] = process.argv.slice(2).map(Number);
let freeAt = 0;
let rates = [];

createServer(async (client) => {
  const server = connect(port, '127.0.0.1');
  for (const [socket, other] of [
    [client, server],
    [server, client],
  ]) {
    socket.setNoDelay().on('error', () => other.destroy());
  }
  server.pipe(client);
  let begun;
  let bytes = 0;
  let ended;
  try {
    for await (const chunk of client) {
      begun ??= now();
      await transmitted(chunk.length);
      bytes += chunk.length;
      ended = now();
      if (!server.write(chunk)) await drained(server);
    }
  } catch {
    server.destroy();
  }
  server.end();
  if (bytes >= TELLING_BYTES) rates.push(bytes / (ended - begun) / 125);
}).listen(0, '127.0.0.1', function () {
  process.send({ port: this.address().port });
});

/** Waits until the link has carried some bytes, after all that it was given before. */
async function transmitted(bytes) {
  freeAt = Math.max(freeAt, now() - BURST_MS) + bytes / BYTES_PER_MS;
  const left = freeAt - now();
  if (left > 0) await sleep(left);
}

function drained(socket) {
  return new Promise((resolve) => {
    for (const event of ['drain', 'close']) socket.once(event, resolve);
  });
}

process.on('message', () => {
  process.send({ rates });
  rates = [];
});
process.on('disconnect', () => process.exit());
