import { defineConfig } from 'vitest/config';
import { testsWithoutProgram } from './test/support/programs.ts';

/** What is about SQLite's files, or about commands and documents that any engine serves alike. */
const SQLITE_ONLY = [
  'test/storage/sqlite/**',
  'test/api/cli*.test.ts',
  'test/api/authority-matrix.test.ts',
  'test/api/wire-*.test.ts',
];

export default defineConfig({
  // Vite would take graphql's ESM build where Node takes its CommonJS one: two copies, which do not know each other.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Real processes, sockets and a browser have deadlines, which a machine shared with others may miss once. A test that
    // fails twice fails.
    retry: process.env.CI ? 1 : 0,
    expect: { poll: { timeout: 5000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'sqlite',
          include: ['test/**/*.test.ts'],
          exclude: ['test/postgres/**', ...testsWithoutProgram()],
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: ['test/{storage,services,api,postgres}/**/*.test.ts'],
          exclude: SQLITE_ONLY,
          globalSetup: 'test/support/postgres-setup.ts',
          // Every statement is a round trip, of which a walk at random makes tens of thousands.
          testTimeout: 180_000,
        },
      },
    ],
  },
});
