import { defineConfig } from 'vitest/config';

// npm run hostile: how long documents hold others up. HOSTILE_SECONDS shortens it, HOSTILE_SEED varies it.
export default defineConfig({
  // As for the tests: one copy of graphql.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/hostile/*.hostile.ts'],
    fileParallelism: false,
    testTimeout: 0,
    hookTimeout: 0,
  },
});
