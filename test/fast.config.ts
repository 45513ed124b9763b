import { defineConfig } from 'vitest/config';

// npm run test:fast and npm run test:watch: rules, schema, services and architecture, without a build or a process.
export default defineConfig({
  // As for all tests: one copy of graphql.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    name: 'fast',
    include: ['test/*.test.ts', 'test/{domain,graphql,services}/**/*.test.ts'],
    // These files keep no state in modules, so they share what they import.
    pool: 'threads',
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 5000 } },
  },
});
