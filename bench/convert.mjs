// Converts the pictures of a folder as a run does, with as many at once as there are cores, without
// sending them: `node convert.mjs <folder of modules> <folder>`.
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { now } from './clock.mjs';

const [modules, folder] = process.argv.slice(2);
const [{ openFile, look }, { recognise }, { adapt }] = await Promise.all(
  ['images/open/open.js', 'images/recognise.js', 'images/prepare/adapt.js'].map(
    (name) => import(modules + name),
  ),
);

const OPTIONS = { keepMetadata: false, original: false };
const names = readdirSync(folder);
const left = [...names];
let converted = 0;
const start = now();
const work = async () => {
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    const image = await openFile(join(folder, name), {});
    const { changes } = await adapt(image, look(image, recognise).formatName, OPTIONS);
    if (changes.length > 0) converted += 1;
  }
};
await Promise.all(Array.from({ length: availableParallelism() }, work));
console.log(JSON.stringify({ ms: now() - start, converted }));
