import { defineConfig } from 'vitest/config';

/** Tests of the page in a real browser: `npm run test:browser`. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.browser.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A browser takes the cores that there are.
    fileParallelism: false,
    restoreMocks: true,
  },
});
