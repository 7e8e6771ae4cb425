import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readInLockStep } from './stream.mjs';

const manifest = new URL('../package.json', import.meta.url);
const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
/** The built command, as package.json names it. */
export const command = fileURLToPath(new URL(bin['gemini-image'], manifest));
const floor = fileURLToPath(new URL('floor.mjs', import.meta.url));

/**
 * What is held against a floor: `candidate` and `floor` each run once and return a number of
 * `unit`; the ratio of their medians must not be over `limit`. Without a limit, it is told only.
 */
export function comparisons({ run, runForUsage }, { baseUrl }, pictures) {
  const version = [command, '--version'];
  const nothing = ['-e', '0'];
  const describe = (picture) => [command, 'describe', picture.path, '--base-url', baseUrl];
  const bareScript = (picture) => [floor, picture.path, baseUrl];
  const answered = (picture, result) => {
    const [, bytes] = /^A harbour at dusk, told in (\d+) bytes\.\n$/.exec(result.stdout) ?? [];
    assert(
      Number(bytes) > (picture.size * 4) / 3,
      `an answer without the picture: ${result.stdout}`,
    );
    return result;
  };
  const { small, large } = pictures;
  return [
    {
      name: 'start: --version against node -e 0',
      unit: 'ms',
      limit: 1.4,
      candidate: () => run(version).ms,
      floor: () => run(nothing).ms,
    },
    {
      name: 'one 200 KB picture',
      unit: 'ms',
      limit: 1.3,
      candidate: () => answered(small, run(describe(small))).ms,
      floor: () => answered(small, run(bareScript(small))).ms,
    },
    {
      name: 'peak memory, 15 MB picture',
      unit: 'MB',
      limit: 1.6,
      candidate: () => answered(large, runForUsage(describe(large))).peakMb,
      floor: () => answered(large, runForUsage(bareScript(large))).peakMb,
    },
    {
      name: 'CPU time of the start',
      unit: 'ms',
      candidate: () => runForUsage(version).cpuMs,
      floor: () => runForUsage(nothing).cpuMs,
    },
    {
      name: 'CPU time, one 200 KB picture',
      unit: 'ms',
      candidate: () => answered(small, runForUsage(describe(small))).cpuMs,
      floor: () => answered(small, runForUsage(bareScript(small))).cpuMs,
    },
  ];
}

/** Streams one answer; see `readInLockStep` for what comes of it. */
export function streamOnce({ start }, service, picture) {
  const args = [command, 'describe', picture.path, '--stream', '--base-url', service.baseUrl];
  return readInLockStep(start(args), service);
}
