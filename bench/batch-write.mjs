// Prepares the pictures of a folder for jobs of the Batch API, as a run does before it uploads them:
// `node batch-write.mjs <folder of modules> <folder> <file>`. Files that are full are removed.
import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { now } from './clock.mjs';

const [modules, folder, out] = process.argv.slice(2);
const [
  { findImages },
  { prepare, releasePictures },
  { createBatchClient },
  { DEFAULT_MODEL: model },
] = await Promise.all(
  [
    'images/find/find-images.js',
    'engine/prepare.js',
    'gemini/batches/batches.js',
    'gemini/models.js',
  ].map((name) => import(modules + name)),
);

/** As `--concurrency` and `--batch-size` are by default. */
const AT_ONCE = 8;
const LIMITS = { bytes: 256 * 1_048_576, requests: 2000, model };

const task = {
  model,
  brief: {
    prompt: 'Describe this picture in one or two plain sentences.',
    validate: (text) => ({ ok: true, text }),
  },
  load: {
    stdin: () => process.stdin,
    web: { timeoutMs: 60_000, retries: 0, allowPrivateHosts: false },
    maxEdge: 3072,
  },
};
const client = createBatchClient({
  ...{ apiKey: 'none', baseUrl: 'http://127.0.0.1:9', timeoutMs: 60_000, retries: 0 },
});

const start = now();
const found = findImages({ images: [folder] }, { recursive: true })[Symbol.asyncIterator]();
const ahead = [];
let [files, pictures, bytes] = [0, 0, 0];
let input = await open();
for (;;) {
  while (ahead.length < AT_ONCE) {
    const { done, value } = await found.next();
    if (done) break;
    if (value.kind === 'file') ahead.push(prepare({ images: [value], labelled: false }, task));
  }
  const next = ahead.shift();
  if (!next) break;
  const prepared = await next;
  const { question } = prepared;
  if (!(await input.add(String(pictures), question))) {
    await finish();
    input = await open();
    await input.add(String(pictures), question);
  }
  releasePictures(prepared);
  pictures += 1;
}
await finish();
console.log(JSON.stringify({ pictures, bytes, files, ms: now() - start }));

function open() {
  files += 1;
  return client.openInput(`${out}.${files}`, LIMITS);
}

async function finish() {
  await input.close();
  bytes += statSync(`${out}.${files}`).size;
  await rm(`${out}.${files}`);
}
