import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { now } from './clock.mjs';
import { loadedSources } from './loaded-sources.mjs';

const TIMEOUT_MS = 300_000;
/** Of what a program writes. */
const MOST_BYTES = 64 * 1024 ** 2;

/**
 * Makes what runs node in an empty folder, with an environment in which nothing is set that either
 * side would react to.
 */
export function processesIn(folder) {
  const env = { PATH: process.env.PATH, HOME: folder, GEMINI_API_KEY: 'no-real-key' };
  const usageFile = join(folder, 'usage.json');
  const preload = fileURLToPath(new URL('usage.cjs', import.meta.url));

  /**
   * @param codes with which it may exit.
   * @returns what it wrote, and how long it took from start to end.
   */
  function run(args, codes = [0], moreEnv = {}) {
    const start = now();
    const child = spawnSync(process.execPath, args, {
      cwd: folder,
      env: { ...env, ...moreEnv },
      timeout: TIMEOUT_MS,
      encoding: 'utf8',
      maxBuffer: MOST_BYTES,
    });
    const ms = now() - start;
    if (child.error) throw child.error;
    if (!codes.includes(child.status)) {
      throw new Error(
        `node ${args.join(' ')}\nexited ${child.status ?? child.signal}\n${child.stderr}`,
      );
    }
    return { stdout: child.stdout, stderr: child.stderr, ms };
  }

  return {
    run,
    /** The same with the CPU time and the peak memory that it used; the preload costs time itself. */
    runForUsage(args, codes) {
      // By the environment, so that processes which the program starts are counted as well.
      const preloading = { NODE_OPTIONS: `--require="${preload}"`, BENCH_USAGE: usageFile };
      const { stdout, ms } = run(args, codes, preloading);
      return { stdout, ms, ...JSON.parse(readFileSync(usageFile, 'utf8')) };
    },
    /** The same with how many sources of the package itself it evaluated, without the entrance. */
    runForModules(args) {
      const list = join(folder, 'modules.txt');
      writeFileSync(list, '');
      const preload = new URL('count-modules.mjs', import.meta.url).href;
      const result = run(args, [0], { NODE_OPTIONS: `--import="${preload}"`, BENCH_MODULES: list });
      const own = loadedSources(list).filter((source) => source !== 'bin.cts');
      return { ...result, modules: own.length };
    },
    /** The same with the longest time for which its event loop was stopped. */
    runForTurns(args) {
      const turns = join(folder, 'turns.txt');
      const preload = fileURLToPath(new URL('turns.cjs', import.meta.url));
      const result = run(args, [0], { NODE_OPTIONS: `--require="${preload}"`, BENCH_TURNS: turns });
      return { ...result, stoppedMs: Number(readFileSync(turns, 'utf8')) };
    },
    start: (args) => spawn(process.execPath, args, { cwd: folder, env, timeout: TIMEOUT_MS }),
  };
}
