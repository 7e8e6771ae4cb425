// Preloaded by --import: appends the address of each file with code that is loaded to the file that BENCH_MODULES
// names. The hooks are for ES modules, and run in a thread of their own, which has this environment too; what is
// required is known at the end.
import { appendFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  register(import.meta.url);
  const { cache } = createRequire(import.meta.url);
  process.on('exit', () => {
    for (const path of Object.keys(cache)) note(pathToFileURL(path).href);
  });
}

export async function load(url, context, next) {
  note(url);
  return next(url, context);
}

function note(url) {
  appendFileSync(process.env.BENCH_MODULES, `${url}\n`);
}
