import type { Edge } from '../domain/paging.ts';
import type { CountedPage } from '../services/counted-page.ts';

/** A class, because objects of a literal with getters make every list slower. */
class Connection<T> {
  readonly edges: Edge<T>[];
  readonly #page: CountedPage<T>;

  constructor(page: CountedPage<T>) {
    this.edges = [...page.edges];
    this.#page = page;
  }

  totalCount(): Promise<number> {
    return this.#page.totalCount();
  }

  get pageInfo() {
    const { hasNextPage, hasPreviousPage } = this.#page;
    const startCursor = this.edges[0]?.cursor ?? null;
    const endCursor = this.edges.at(-1)?.cursor ?? null;
    return { hasNextPage, hasPreviousPage, startCursor, endCursor };
  }
}

/** Returns a page in the shape that a Relay connection resolves from. The rows are counted when `totalCount` is requested. */
export function toConnection<T>(page: CountedPage<T>): Connection<T> {
  return new Connection(page);
}
