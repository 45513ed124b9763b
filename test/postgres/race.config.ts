import { defineConfig } from 'vitest/config';

// npm run race: every two calls at the same time on two nodes. RACE_ROUNDS and RACE_SEED vary it.
export default defineConfig({
  // As for the tests: one copy of graphql.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/postgres/races.test.ts'],
    globalSetup: 'test/support/postgres-setup.ts',
    env: { RACE_ROUNDS: process.env.RACE_ROUNDS ?? '10000' },
    testTimeout: 0,
    hookTimeout: 60_000,
  },
});
