import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Node starts no TypeScript: what tests of `src` start as a process of its own is what was built. */
const STARTERS = ['images/decoders/decoder-child', 'emulator/pictures/pixels', 'review/page-files'];
const builtDecoder = {
  name: 'built-decoder',
  transform(code: string, id: string) {
    const starter = STARTERS.find((name) => id.endsWith(`src/${name}.ts`));
    if (starter === undefined) return undefined;
    const built = pathToFileURL(`dist/${starter}.js`).href;
    return { code: code.replaceAll('import.meta.url', JSON.stringify(built)), map: null };
  },
};

export default defineConfig({
  plugins: [builtDecoder],
  test: {
    include: ['test/**/*.test.ts'],
    // Slow machines take seconds to start a process; no test measures time.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Some files mostly wait, for processes and for time limits: others have the cores meanwhile.
    maxWorkers: availableParallelism() + 2,
    // Files of one worker share their modules: loading these anew took more time than most tests.
    isolate: false,
    restoreMocks: true,
    unstubEnvs: true,
  },
});
