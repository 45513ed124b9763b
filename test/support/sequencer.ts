import { relative } from 'node:path';
import type { TestSequencer, TestSpecification } from 'vitest/node';

/** Projects in the order in which they run: one after the other, so that a worker keeps what it has imported. */
const PROJECTS = ['postgres', 'system', 'verify', 'proofs', 'api-yoga', 'fast'];

/** The longest test files. They start first, so that no worker waits for one of them at the end. */
const LONGEST: readonly string[] = [
  'test/postgres/ends.test.ts',
  'test/api/authority-matrix.test.ts',
  'test/web/accessibility.test.ts',
  'test/durability/crash.test.ts',
  'test/durability/restore.test.ts',
  'test/api/granters.test.ts',
  'test/api/streams-ending.test.ts',
  'test/web/lost-work.test.ts',
  'test/web/broken-pages.test.ts',
  'test/storage/sqlite/migrations.test.ts',
  'test/api/wire-memory.test.ts',
  'test/storage/sqlite/clock.test.ts',
  'test/web/plain-http.test.ts',
  'test/api/channel-operations.test.ts',
  'test/api/leaks.test.ts',
  'test/api/authority-model.test.ts',
  'test/api/token-life-model.test.ts',
  'test/storage/token-snapshots.test.ts',
  'test/services/ends.test.ts',
  'test/services/cascades.test.ts',
  'test/services/ends-walk.test.ts',
  'test/storage/touched-rows.test.ts',
  'test/storage/token-counts.test.ts',
  'test/storage/few-tokens.test.ts',
  'test/api/isolation.test.ts',
  'test/api/large-operations.test.ts',
];

function rank({ project, moduleId }: TestSpecification): [number, number] {
  const place = LONGEST.indexOf(relative(project.vitest.config.root, moduleId));
  return [PROJECTS.indexOf(project.name), place < 0 ? LONGEST.length : place];
}

function compare(left: TestSpecification, right: TestSpecification): number {
  const [project, place] = rank(left);
  const [otherProject, otherPlace] = rank(right);
  return project - otherProject || place - otherPlace || left.moduleId.localeCompare(right.moduleId);
}

/** Sorts test files by project, then the longest files first, then by name. Vitest requires a class. */
export class LongestFirst implements TestSequencer {
  sort(specifications: TestSpecification[]): TestSpecification[] {
    return [...specifications].sort(compare);
  }

  shard(specifications: TestSpecification[]): TestSpecification[] {
    return specifications;
  }
}
