import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { testsWithoutProgram } from './test/support/programs.ts';
import { LongestFirst } from './test/support/sequencer.ts';

/** Tests of the API that use sockets, processes or files. */
const WIRE = ['test/api/{cli,wire-}*.test.ts'];

/** Tests of the API that use SQLite in each run, because they read or copy the database as a whole. */
const SQLITE_ONLY = [
  'test/api/{authority-matrix,authority-enforcement,hostile-documents,statement-counts}.test.ts',
];

/** Tests of the API that do not depend on the path of a GraphQL request: random walks, proofs over the schema, and the paths themselves. */
const DIRECT = ['test/api/{authority-enforcement,fast-path,granters,token-life-model}.test.ts'];

function project(
  name: string,
  test: NonNullable<TestProjectInlineConfiguration['test']>,
): TestProjectInlineConfiguration {
  return { extends: true, test: { name, ...test } };
}

const withoutProgram = testsWithoutProgram();

export default defineConfig({
  // Vite would take graphql's ESM build where Node takes its CommonJS one: two copies, which do not know each other.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    // Test files keep no state in modules, so files of a project share a worker and what it has imported.
    isolate: false,
    pool: 'threads',
    maxWorkers: Number(process.env.VITEST_MAX_WORKERS ?? 2),
    sequence: { sequencer: LongestFirst },
    // A busy machine takes ten times as long as a quiet one. A test that hangs still fails.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    projects: [
      project('unit', {
        include: [
          'test/*.test.ts',
          'test/{bench,domain,graphql,services}/**/*.test.ts',
          'test/storage/*.test.ts',
        ],
      }),
      project('api', { include: ['test/api/**/*.test.ts'], exclude: WIRE }),
      // The same tests with every GraphQL request through Yoga, except those that start the server their own way.
      project('api-yoga', {
        include: ['test/api/**/*.test.ts'],
        exclude: [...WIRE, ...DIRECT],
        env: { POSTERN_FAST_PATH: 'off' },
      }),
      project('system', {
        include: [
          ...WIRE,
          'test/{docs,durability,examples,scripts,verify,web}/**/*.test.ts',
          'test/storage/sqlite/**/*.test.ts',
        ],
        exclude: withoutProgram,
        globalSetup: 'test/support/build-setup.ts',
        // Tests that end processes or measure memory run in processes.
        pool: 'forks',
      }),
      project('postgres', {
        include: ['test/{services,api,postgres}/**/*.test.ts', 'test/storage/*.test.ts'],
        exclude: [...WIRE, ...SQLITE_ONLY, ...withoutProgram],
        globalSetup: 'test/support/postgres-setup.ts',
        // Each statement is a round trip, and a random walk makes tens of thousands.
        testTimeout: 180_000,
      }),
      'packages/*',
    ],
  },
});
