// Preloaded by --import: appends the address of each module that is loaded to the file that BENCH_MODULES
// names. Hooks run in a thread of their own, which has this environment too.
import { appendFileSync } from 'node:fs';
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) register(import.meta.url);

export async function load(url, context, next) {
  appendFileSync(process.env.BENCH_MODULES, `${url}\n`);
  return next(url, context);
}
