import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The sources, by their path in src, whose code is in the files that a run of the command has loaded, and so was
 * evaluated: the bundle names each before its code.
 *
 * @param list the file that `count-modules.mjs` wrote.
 */
export function loadedSources(list) {
  const urls = new Set(readFileSync(list, 'utf8').trimEnd().split('\n'));
  const dist = new URL('../dist/', import.meta.url).href;
  return [...urls]
    .filter((url) => url.startsWith(dist))
    .flatMap((url) => [...readFileSync(fileURLToPath(url), 'utf8').matchAll(/^\/\/ src\/(.+)$/gm)])
    .map(([, source]) => source);
}
