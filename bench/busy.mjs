// A server for runs over many pictures, in a process of its own. It behaves as it was told last,
// tells the pictures apart by the number that `album.mjs` gave them, and counts.
import { createServer } from 'node:http';
import { now } from './clock.mjs';
import { faults, refusal, sendAnswer } from './faults.mjs';

/** Longer than any pause of a run: a connection that is closed as it is used again is a fault. */
const KEEP_ALIVE_MS = 60_000;

let behaviour;
let seen;

const server = createServer((request, response) => {
  seen.firstAt ??= now();
  seen.atOnce += 1;
  seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.atOnce);
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const dueAt = now() + behaviour.latencyMs;
    const picture = pictureIn(Buffer.concat(chunks));
    seen.calls += 1;
    const send = reply(picture);
    // Who is refused is told so at once, since the time that is named begins now.
    waitUntil(send.isRefusal ? 0 : dueAt, () => {
      seen.atOnce -= 1;
      send(response);
      seen.lastAt = now();
    });
  });
});

/** What is sent for a call: a refusal, a fault, or the answer. */
function reply(picture) {
  const waitMs = behaviour.take();
  if (waitMs > 0) {
    seen.refused += 1;
    return Object.assign((response) => refusal(response, waitMs), { isRefusal: true });
  }
  if (behaviour.failEvery > 0 && seen.calls % behaviour.failEvery === 0) {
    seen.failed += 1;
    return faults[seen.failed % faults.length];
  }
  return (response) => {
    seen.answers += 1;
    seen.pictures.add(picture);
    sendAnswer(response, `Picture ${picture}.`);
  };
}

/**
 * The number of a picture is the last thing before its end; others have none. The body is not
 * parsed: that would take as long as an answer does to come.
 */
function pictureIn(body) {
  const dataEnd = body.lastIndexOf('"}}');
  const end = Buffer.from(body.toString('latin1', dataEnd - 64, dataEnd), 'base64');
  return /picture (\d+)\xff\xd9$/.exec(end.toString('latin1'))?.[1] ?? 'without a number';
}

/** Never early, as a timer alone may be, and late by one millisecond at most. */
function waitUntil(dueAt, act) {
  const left = dueAt - now();
  if (left <= 0) act();
  else setTimeout(waitUntil, Math.ceil(left), dueAt, act);
}

/** @returns a function that takes a token, or says in how many milliseconds there will be one. */
function bucketOf({ capacity, perSecond }) {
  let tokens = capacity;
  let filledAt = now();
  return () => {
    const at = now();
    tokens = Math.min(capacity, tokens + ((at - filledAt) / 1000) * perSecond);
    filledAt = at;
    if (tokens < 1) return ((1 - tokens) / perSecond) * 1000;
    tokens -= 1;
    return 0;
  };
}

function behave({ latencyMs = 0, bucket, failEvery = 0 } = {}) {
  behaviour = { latencyMs, failEvery, take: bucket ? bucketOf(bucket) : () => 0 };
  const counts = { calls: 0, refused: 0, failed: 0, answers: 0, atOnce: 0, mostAtOnce: 0 };
  seen = { ...counts, pictures: new Set() };
}

behave();
process.on('message', ({ report, ...wanted }) => {
  if (!report) behave(wanted);
  process.send({ ...seen, pictures: seen.pictures.size });
});
process.on('disconnect', () => process.exit());
server.keepAliveTimeout = KEEP_ALIVE_MS;
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
