import type { Position } from '../../domain/paging.ts';
import type { Scan } from './paging.ts';

/**
 * Called before each chunk of a list but the first one, with the number of rows that are about to be read. The reading continues
 * when the promise resolves. Throws or rejects if there are too many.
 */
export type OnChunk = (rows: number) => Promise<void> | undefined;

/** The rows of a list that are read together to find those that match a filter. */
export const CHUNK_ROWS = 1000;

/** The reads of a list that is read in chunks. */
export interface ChunkReads<Found> {
  /** Returns the place of the last row of the first chunk of a scan; `null` if the scan has no more rows than that. */
  lastOf(scan: Scan): Promise<Position | null>;
  /** Returns what matches in a scan. */
  read(scan: Scan): Promise<Found>;
}

/** Yields what matches in each chunk of a scan, in the direction of reading. */
export async function* inChunks<Found>(
  { lastOf, read }: ChunkReads<Found>,
  scan: Scan,
  onChunk?: OnChunk,
): AsyncGenerator<Found> {
  for (let rest = scan; ; ) {
    const until = await lastOf(rest);
    yield await read(until ? { ...rest, until } : rest);
    if (!until) return;
    const pause = onChunk?.(CHUNK_ROWS);
    if (pause) await pause;
    rest = { ...scan, from: null, [scan.backward ? 'before' : 'after']: until };
  }
}
