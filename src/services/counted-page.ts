import type { Page } from '../domain/paging.ts';

/** A page of a list. `totalCount` counts the rows of the whole list on each call, up to `COUNTED_MAX`. */
export interface CountedPage<T> extends Page<T> {
  totalCount(): Promise<number>;
}

/** An empty page, for callers that are not allowed to see any row. */
export const EMPTY_PAGE: CountedPage<never> = Object.freeze({
  edges: [],
  hasNextPage: false,
  hasPreviousPage: false,
  totalCount: async () => 0,
});
