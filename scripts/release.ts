/** Releases a version: npm run release -- 1.2.3 (docs/releasing.md). */
import { release } from './release/release.ts';

const [version] = process.argv.slice(2);
try {
  if (version === undefined) throw new Error('Name the version: npm run release -- 1.2.3');
  const date = new Date().toISOString().slice(0, 10);
  const tag = release({ root: process.cwd(), version, date, check: ['npm', 'run', 'check'] });
  console.log(`Committed and tagged ${tag}. Publish it with: git push --follow-tags`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
