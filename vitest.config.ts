import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Vite would take graphql's ESM build where Node takes its CommonJS one: two copies, which do not know each other.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
