import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { testsWithoutProgram } from './test/support/programs.ts';
import { LongestFirst } from './test/support/sequencer.ts';
import { isFullLength, isShort } from './test/support/test-length.ts';

/** Tests of the API that use sockets, processes or files. */
const WIRE = ['test/api/{cli,wire-}*.test.ts'];

/** A test of the API that mostly waits: for seventy streams, each of which ends a fifth of a second after a change. */
const WAITING = ['test/api/streams-ending.test.ts'];

/** Tests of the API that use SQLite in each run, because they read or copy the database as a whole, or are about the console. */
const SQLITE_ONLY = [
  'test/api/{authority-matrix,authority-enforcement,hostile-documents,statement-counts}.test.ts',
  'test/api/console-changes.test.ts',
];

/** Proofs over all fields, callers and operations of the API, and random walks. `test:fast` leaves them out. */
const PROOFS = [
  'test/api/{authority-enforcement,authority-matrix,authority-model,channel-operations,console-changes}.test.ts',
  'test/api/{granters,hostile-documents,isolation,token-life-model}.test.ts',
];

/** Tests of the API that do not depend on the path of a GraphQL request, or that compare the paths. */
const DIRECT = [
  'test/api/{authority-enforcement,console-changes,fast-path,granters,token-life-model}.test.ts',
];

/** Tests of what the two paths of a GraphQL request do differently: documents, errors, limits, contexts and streams. */
const PATH_DEPENDENT = [
  'test/api/{authority-documents,authority-matrix,awkward-input,canary,isolation,large-operations}.test.ts',
  'test/api/{limits,operation-budget,payloads,races,statement-counts,streams,streams-clients}.test.ts',
];

/**
 * Tests of documents, limits, protocols and attacks, which decide before the database or without it. On PostgreSQL they run in CI;
 * tests of the same kinds that store more run on it always.
 */
const NOT_ABOUT_STORAGE = [
  'test/api/{authority-documents,awkward-input,canary,fast-path,large-operations,limits,metrics,openapi}.test.ts',
  'test/api/{compose,device,federation-attacks,introspection,jwt-keys,jwt-sessions,oauth-introspection}.test.ts',
  'test/api/{oauth-refusals,operation-budget,own-operations,payloads,scopes-for,token-exchange}.test.ts',
  'test/api/provider-{attacks,config,logout,reauthentication,weather}.test.ts',
  'test/api/{reauthentication,sign-in-attempts,sign-in-throttle,streams-clients}.test.ts',
];

/** The environment of a project that repeats the tests of another one: `sampleIfRepeated` in `test/support/test-length.ts`. */
const REPEATED = { POSTERN_TEST_REPEATED: 'on' };

const givenWorkers = process.env.VITEST_MAX_WORKERS;
const cores = availableParallelism();

/**
 * What the projects share that compute from beginning to end: a worker per core, because each further one imports and compiles
 * the server again. They run after the projects whose tests wait for processes, which have more workers.
 */
const IN_MEMORY = { maxWorkers: Number(givenWorkers ?? cores), sequence: { groupOrder: 1 } };

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
    // Half of the time that a run needs to start.
    experimental: { fsModuleCache: true },
    maxWorkers: Number(givenWorkers ?? cores + 2),
    sequence: { sequencer: LongestFirst },
    // A busy machine takes ten times as long as a quiet one. A test that hangs still fails.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    projects: [
      project('fast', {
        ...IN_MEMORY,
        include: [
          'test/*.test.ts',
          'test/{api,bench,domain,graphql,services}/**/*.test.ts',
          'test/storage/*.test.ts',
        ],
        exclude: [...WIRE, ...WAITING, ...PROOFS],
      }),
      project('proofs', { ...IN_MEMORY, include: PROOFS }),
      // The same tests with every GraphQL request through Yoga, except those that start the server their own way.
      project('api-yoga', {
        ...IN_MEMORY,
        include: isFullLength ? ['test/api/**/*.test.ts'] : PATH_DEPENDENT,
        exclude: [...WIRE, ...DIRECT],
        env: { POSTERN_FAST_PATH: 'off', ...REPEATED },
      }),
      project('system', {
        include: [
          ...WIRE,
          ...WAITING,
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
        exclude: [...WIRE, ...SQLITE_ONLY, ...(isShort ? NOT_ABOUT_STORAGE : []), ...withoutProgram],
        env: REPEATED,
        globalSetup: ['test/support/build-setup.ts', 'test/support/postgres-setup.ts'],
        // Each statement is a round trip, and a random walk makes tens of thousands.
        testTimeout: 180_000,
      }),
      'packages/*',
    ],
  },
});
