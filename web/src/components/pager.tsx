import { Button } from './button.tsx';
import './pager.css';
import { countedList } from '../labels.ts';

/** The place of a page in a list: before or after a cursor, or at the front. */
export interface Place {
  readonly after?: string | undefined;
  readonly before?: string | undefined;
}

/** The arguments of a connection for a place. */
export function pageArguments(place: Place, size: number) {
  return place.before ? { last: size, before: place.before } : { first: size, after: place.after ?? null };
}

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

/** How many there are, and the ways to the pages beside this one. */
export function Pager({
  total,
  noun,
  pageInfo,
  onMove,
}: {
  total: number;
  noun: string;
  pageInfo: PageInfo;
  onMove: (place: Place) => void;
}) {
  const { hasNextPage, hasPreviousPage, startCursor, endCursor } = pageInfo;
  return (
    <nav className="pager" aria-label="Pages">
      <span className="muted small">{countedList(total, noun)}</span>
      {(hasNextPage || hasPreviousPage) && (
        <span className="page-actions">
          <Button
            small
            disabled={!hasPreviousPage}
            onClick={() => onMove({ before: startCursor ?? undefined })}
          >
            Previous
          </Button>
          <Button small disabled={!hasNextPage} onClick={() => onMove({ after: endCursor ?? undefined })}>
            Next
          </Button>
        </span>
      )}
    </nav>
  );
}
