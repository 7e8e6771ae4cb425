import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Slow machines take seconds to start a process; no test measures time.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Most of the time is spent waiting for processes: every core can do more.
    maxWorkers: '100%',
    restoreMocks: true,
  },
});
