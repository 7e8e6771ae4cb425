// Strips a JPEG in memory: `node strip.mjs <folder of modules> <picture>`. The first time is what
// a run with one picture pays; after that, the engine has compiled what it needs.
import { readFile } from 'node:fs/promises';
import { now } from './clock.mjs';
import { median } from './statistics.mjs';

const WARM_RUNS = 500;

const [modules, picture] = process.argv.slice(2);
const [{ sourceOf }, { metadataReader }, { joinPieces }] = await Promise.all(
  ['images/open/byte-source.js', 'images/metadata/metadata.js', 'images/metadata/edits.js'].map(
    (name) => import(modules + name),
  ),
);

const readMetadata = await metadataReader('jpeg');
const bytes = await readFile(picture);
const { ms: firstMs, stripped } = strip();
const times = [];
for (let run = 0; run < WARM_RUNS; run += 1) times.push(strip().ms);
console.log(JSON.stringify({ firstMs, warmMs: median(times), left: bytes.length - stripped }));

function strip() {
  const start = now();
  const source = sourceOf(bytes);
  const { length } = joinPieces(source, readMetadata(source).stripped);
  return { ms: now() - start, stripped: length };
}
