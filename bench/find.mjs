// Walks a folder: `node find.mjs <module> <folder>`
import { now } from './clock.mjs';

const [module, folder] = process.argv.slice(2);
const { findImages } = await import(module);

const start = now();
let firstMs;
let files = 0;
for await (const { kind } of findImages({ images: [folder] }, { recursive: true })) {
  if (kind !== 'file') continue;
  firstMs ??= now() - start;
  files += 1;
}
console.log(JSON.stringify({ files, firstMs, allMs: now() - start }));
