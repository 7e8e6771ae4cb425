// Reads the results of a job as answers: `node batch-take-in.mjs <folder of modules> <file>`
import { now } from './clock.mjs';

const [modules, file] = process.argv.slice(2);
const [{ createBatchClient }, { DEFAULT_MODEL: model }] = await Promise.all(
  ['gemini/batches/batches.js', 'gemini/models.js'].map((name) => import(modules + name)),
);
const client = createBatchClient({
  ...{ apiKey: 'none', baseUrl: 'http://127.0.0.1:9', timeoutMs: 60_000, retries: 0 },
});

const start = now();
let answers = 0;
for await (const { key, result } of client.rows(file, { model })) {
  if (result.text !== `A harbour at dusk, number ${key}.`) throw new Error(`row ${key}: ${result}`);
  answers += 1;
}
console.log(JSON.stringify({ answers, ms: now() - start }));
