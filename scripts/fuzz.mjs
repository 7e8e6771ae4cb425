// Changes small pictures at random and looks whether the recogniser, the strippers and the readers of
// compiled/ keep their promises:
//
//   node scripts/fuzz.mjs [--files 20000] [--seed 1] [--only jpeg] [--keep folder] [--modules folder]
//
// A violation is printed with the seed and the number of its file; `--seed <seed> --from <number>
// --files 1 --only <what>` makes that one file again, and `--keep` writes it down.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { compareDecoded, faultOfPieces } from './fuzz/checks.mjs';
import {
  checkConverted,
  childrenOf,
  convertedPictures,
  MAX_MEMORY,
  mostMemory,
} from './fuzz/converted.mjs';
import { mutated, randomOf } from './fuzz/mutate.mjs';
import { picturesWithMetadata } from './fuzz/pictures.mjs';

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    only: { type: 'string' },
    keep: { type: 'string' },
    modules: { type: 'string', default: fileURLToPath(new URL('../compiled', import.meta.url)) },
  },
});
const [files, seed, start] = [values.files, values.seed, values.from].map(Number);

const modules = pathToFileURL(`${resolve(values.modules)}/`);
if (!existsSync(new URL('images/metadata/metadata.js', modules))) {
  console.error('There is no compiled/images/metadata: run `npm run build` first.');
  process.exit(2);
}
const load = (path) => import(new URL(path, modules).href);
const { metadataReader } = await load('images/metadata/metadata.js');
const { joinPieces, sizeOf } = await load('images/metadata/edits.js');
const { sourceOf } = await load('images/open/byte-source.js');
const { recognise } = await load('images/recognise.js');
const { GeminiImageError } = await load('domain/error.js');
const { adapt } = await load('images/prepare/adapt.js');
const { held } = await load('images/open/open.js');

const fixture = (name) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
const converted = await convertedPictures(sharp);
const pictures = await picturesWithMetadata(sharp, fixture('small.heic'));
const others = ['refused.avif', 'refused.gif', 'refused.tiff', 'refused.svg', 'small.heif'];

/** Longer than any small file takes, unless something walks over it again and again. */
const MAX_MS = 1000;

const targets = {
  recogniser: {
    samples: [...Object.values(pictures).flat(), ...others.map(fixture)],
    async check(file) {
      try {
        recognise(file);
        return { decoded: 1, faults: [] };
      } catch (error) {
        return { decoded: 0, faults: error instanceof GeminiImageError ? [] : [String(error)] };
      }
    },
  },
  ...Object.fromEntries(
    Object.entries(pictures).map(([format, samples]) => [
      format,
      { samples, check: (file) => checkStripper(file, format) },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(converted).map(([format, samples]) => [
      format,
      {
        samples,
        // Each is decoded in a process, and drawn or encoded anew.
        part: 1 / 40,
        check: (file) => checkConverted(sharp, file, format, { adapt, held, GeminiImageError }),
      },
    ]),
  ),
};

async function checkStripper(file, format) {
  const source = sourceOf(file);
  const readMetadata = await metadataReader(format);
  const started = performance.now();
  const { stripped, orientation, stays } = readMetadata(source);
  const took = performance.now() - started;
  const fault = stripped && faultOfPieces(stripped, source, sizeOf);
  if (fault) return { decoded: 0, faults: [fault] };
  const after = stripped && Buffer.from(joinPieces(source, stripped));
  const result = await compareDecoded(sharp, file, after, format, orientation);
  if (took > MAX_MS) result.faults.push(`took ${Math.round(took)} ms`);
  return { ...result, stripped: stripped !== undefined, stays: stays !== undefined };
}

/** Each file has its own seed, so that it can be made again alone. */
function fileOf(samples, number) {
  return mutated(samples, randomOf(seed * 1_000_003 + number));
}

async function run(name, { samples, check, part = 1 }) {
  const count = Math.ceil(files * part);
  let most = 0;
  const counts = { decoded: 0, stripped: 0, stays: 0, violations: 0 };
  let next = start;
  const work = async () => {
    while (next < start + count) {
      const number = next++;
      const file = fileOf(samples, number);
      let result;
      try {
        result = await check(file);
      } catch (error) {
        result = { faults: [`threw ${error.stack}`] };
      }
      if (part < 1) most = Math.max(most, mostMemory(childrenOf(process.pid)));
      if (result.decoded > 0) counts.decoded += 1;
      if (result.stripped) counts.stripped += 1;
      if (result.stays) counts.stays += 1;
      for (const fault of result.faults) {
        counts.violations += 1;
        console.log(`${name}: seed ${seed}, file ${number}: ${fault}`);
      }
      if (values.keep && result.faults.length > 0) {
        mkdirSync(values.keep, { recursive: true });
        writeFileSync(join(values.keep, `${name}-${seed}-${number}`), file);
      }
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: name === 'heic' ? 1 : 4 }, work));
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  if (most > MAX_MEMORY) {
    counts.violations += 1;
    console.log(`${name}: seed ${seed}: a process held ${Math.round(most / 1e6)} MB`);
  }
  const { decoded, stripped, stays, violations } = counts;
  const details =
    name === 'recogniser'
      ? `${decoded} recognised`
      : part < 1
        ? `${decoded} sent, ${Math.round(most / 1e6)} MB at most`
        : `${decoded} decodable, ${stripped} stripped, ${stays} with a warning`;
  console.log(`${name}: ${count} files, ${details}, ${violations} violations, ${seconds} s`);
  return violations;
}

let violations = 0;
for (const [name, target] of Object.entries(targets)) {
  if (values.only === undefined || values.only === name) violations += await run(name, target);
}
process.exitCode = violations > 0 ? 1 : 0;
