import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
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
