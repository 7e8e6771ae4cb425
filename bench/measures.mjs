import { strict as assert } from 'node:assert';
import { availableParallelism } from 'node:os';
import { command, compiled, script } from './built.mjs';
import { MANY, plantPhotos, plantTree } from './pictures.mjs';
import { readInLockStep } from './stream.mjs';

/** Around the pixels of the pictures that are made here: it is not sent. */
const METADATA_BYTES = 2000;
/** What is left of the photo once it is shrunk is more. */
const SHRUNK_BYTES = 1_000_000;

/**
 * What is held against a floor. `candidate` and `floor` each run once; `rows` say what of that is
 * compared, see `rowsOf`. Costly ones run less often.
 */
export function describeMeasures({ run, runForUsage, runForModules }, { baseUrl }, link, pictures) {
  const { small, camera, many, large, huge, photo, photos, heic } = pictures;
  const floor = ({ path }, to = baseUrl) => [script('floor.mjs'), to, path];
  const describe = ({ path }, options = [], to = baseUrl) => [
    command,
    'describe',
    path,
    '--base-url',
    to,
    ...options,
  ];
  const folder = { path: many.folder };
  const jsonl = ['-f', 'jsonl'];
  const unshrunk = ['--max-edge', '0'];
  const usageOf = (picture, args, count) => answered(picture.size, runForUsage(args), count);
  const version = [command, '--version'];
  const nothing = ['-e', '0'];
  return [
    {
      rows: [{ name: 'start: --version against node -e 0', ...time, limit: 1.15 }],
      candidate: () => run(version),
      floor: () => run(nothing),
    },
    {
      rows: [{ name: 'one 200 KB picture', ...time, limit: 0.95 }],
      candidate: () => answered(small.size, run(describe(small))),
      floor: () => answered(small.size, run(floor(small))),
    },
    {
      runs: 1,
      rows: [
        {
          name: 'own modules on the way of one plain call',
          ...lasting('modules'),
          unit: '',
          limit: 120,
        },
      ],
      candidate: () => answered(small.size, runForModules(describe(small))),
    },
    {
      costly: true,
      rows: [{ name: `${MANY} pictures of 200 KB`, ...time, limit: 1.15 }],
      candidate: () => answered(many.size, run(describe(folder, jsonl)), MANY),
      floor: () => answered(many.size, run(floor(folder)), MANY),
    },
    {
      costly: true,
      rows: [{ name: '12-megapixel photo over 20 Mbit/s', ...time, limit: 0.5 }],
      candidate: () => answered(SHRUNK_BYTES, run(describe(photo, [], link.baseUrl))),
      floor: () => answered(photo.size, run(floor(photo, link.baseUrl))),
    },
    {
      costly: true,
      rows: [{ name: 'HEIC of 12 megapixels', ...time, limit: 1.2 }],
      candidate: () => answered(heic.size, run(describe(heic))),
      floor: () => answered(heic.size, run(floor(heic))),
    },
    {
      costly: true,
      rows: [{ name: 'CPU time, HEIC of 12 megapixels', ...cpu }],
      candidate: () => sentAsItIs(usageOf(heic, describe(heic, jsonl))),
      floor: () => usageOf(heic, floor(heic)),
    },
    {
      runs: 1,
      rows: [
        {
          name: `${MANY} photos of 12 megapixels, ${availableParallelism()} threads: a second`,
          unit: '/s',
          of: ({ ms }) => (MANY / ms) * 1000,
          least: 0.85,
        },
        { name: `CPU time, ${MANY} photos of 12 megapixels`, ...cpu },
      ],
      prepare: () => plantPhotos(photos, MANY),
      candidate: () => photosSent(runForUsage(describe({ path: photos.folder }, jsonl))),
      floor: () => photosMade(runForUsage([script('photos-alone.mjs'), photos.folder])),
    },
    {
      rows: [{ name: 'peak memory, 15 MB picture', ...memory, limit: 1.6 }],
      candidate: () => usageOf(large, describe(large)),
      floor: () => usageOf(large, floor(large)),
    },
    {
      costly: true,
      rows: [
        {
          name: 'peak memory, 300 MB upload against one picture',
          ...memory,
          by: 'more',
          limit: 60,
        },
      ],
      candidate: () => uploaded(huge, runForUsage(describe(huge, ['--original']))),
      floor: () => usageOf(small, describe(small)),
    },
    {
      rows: [{ name: 'CPU time of the start', ...cpu }],
      candidate: () => runForUsage(version),
      floor: () => runForUsage(nothing),
    },
    {
      rows: [{ name: 'CPU time, one 200 KB picture', ...cpu }],
      candidate: () => usageOf(small, describe(small)),
      floor: () => usageOf(small, floor(small)),
    },
    {
      costly: true,
      rows: [{ name: `CPU time, ${MANY} pictures of 200 KB`, ...cpu }],
      candidate: () => usageOf(many, describe(folder, jsonl), MANY),
      floor: () => usageOf(many, floor(folder), MANY),
    },
    {
      costly: true,
      rows: [{ name: 'CPU time of shrinking: photo against --max-edge 0', ...cpu, by: 'more' }],
      candidate: () => loading(true, answered(SHRUNK_BYTES, runForUsage(describe(photo)))),
      floor: () => loading(false, usageOf(photo, describe(photo, unshrunk))),
    },
    {
      costly: true,
      rows: [{ name: 'native pictures that load sharp', is: ({ loadsSharp }) => loadsSharp }],
      candidate: () => stripped(usageOf(camera, describe(camera, jsonl))),
    },
  ];
}

/** What is measured inside a process: built modules, without the command around them. */
export function moduleMeasures({ run, runForUsage }, { camera, tree, empty }) {
  const strip = [script('strip.mjs'), compiled('./'), camera.path];
  const find = ({ folder, files }) => {
    const module = compiled('images/find/find-images.js');
    const { stdout, peakMb } = runForUsage([script('find.mjs'), module, folder]);
    const result = JSON.parse(stdout);
    assert.equal(result.files, files, 'files that were found');
    return { ...result, peakMb };
  };
  return [
    {
      rows: [
        { name: 'stripping a 200 KB picture', ...lasting('warmMs'), limit: 2 },
        { name: 'the same in a process that does it for the first time', ...lasting('firstMs') },
      ],
      candidate: () => JSON.parse(run(strip).stdout),
    },
    {
      costly: true,
      rows: [
        { name: 'finding: the first of 100,000 pictures', ...lasting('firstMs'), limit: 100 },
        { name: 'finding: all of them', ...lasting('allMs') },
        { name: 'finding: peak memory against none', ...memory, by: 'more', limit: 40 },
      ],
      prepare: () => plantTree(tree),
      candidate: () => find(tree),
      floor: () => find(empty),
    },
  ];
}

const time = { unit: 'ms', of: ({ ms }) => ms };
const cpu = { unit: 'ms', of: ({ cpuMs }) => cpuMs };
export const memory = { unit: 'MB', of: ({ peakMb }) => peakMb };
export const lasting = (name) => ({ unit: 'ms', by: 'alone', of: (result) => result[name] });

/** Checks that there is an answer for each picture, and that the server had it in the request. */
function answered(size, result, count = 1) {
  const least = ((size - METADATA_BYTES) * 4) / 3;
  const answers = [...result.stdout.matchAll(/A harbour at dusk, told in (\d+) bytes/g)];
  assert.equal(answers.length, count, `answers: ${result.stdout}`);
  for (const [answer, bytes] of answers) assert(Number(bytes) > least, `too little: ${answer}`);
  return result;
}

function uploaded({ size }, result) {
  assert.match(result.stdout, new RegExp(` after an upload of ${size}\\.\n$`));
  return result;
}

/** Checks that nothing but metadata was changed. */
function sentAsItIs(result) {
  assert.equal(result.loadsSharp, false, 'whether sharp was loaded');
  return stripped(result);
}

/** What the last floor made of the photos, in bytes: the same pictures as are sent. */
let madeBytes;

function photosMade(result) {
  const { pictures, bytes, threads } = JSON.parse(result.stdout);
  assert.equal(pictures, MANY, 'photos that sharp made smaller');
  assert.equal(threads, 1, 'threads that sharp takes for each');
  assert.equal(bytes, madeBytes, 'bytes of the pictures, which were to be the same');
  return result;
}

function photosSent(result) {
  answered(SHRUNK_BYTES, result, MANY);
  const sent = result.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).sent);
  for (const { changes } of sent) assert.deepEqual(changes, ['shrunk', 'stripped']);
  madeBytes = sent.reduce((sum, { bytes }) => sum + bytes, 0);
  return result;
}

function stripped(result) {
  assert.deepEqual(JSON.parse(result.stdout).sent.changes, ['stripped']);
  return result;
}

function loading(expected, result) {
  assert.equal(result.loadsSharp, expected, 'whether sharp was loaded');
  return result;
}

/** Streams one answer; see `readInLockStep` for what comes of it. */
export function streamOnce({ start }, service, picture) {
  const args = [command, 'describe', picture.path, '--stream', '--base-url', service.baseUrl];
  return readInLockStep(start(args), service);
}
