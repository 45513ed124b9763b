import { defineConfig } from 'vitest/config';

// npm run soak: what takes too long for every run. SOAK_STEPS and SOAK_MINUTES shorten it, SOAK_SEED varies it.
export default defineConfig({
  // As for the tests: one copy of graphql.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/durability/*.soak.ts'],
    fileParallelism: false,
    testTimeout: 0,
    hookTimeout: 60_000,
  },
});
