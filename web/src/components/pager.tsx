import { Button } from './button.tsx';
import './pager.css';
import { countedList } from '../labels.ts';

/** The position of a page in a list: before or after a cursor, or the first page. */
export interface PagePosition {
  readonly after?: string | undefined;
  readonly before?: string | undefined;
}

/** Returns the connection arguments for a position. */
export function pageArguments(position: PagePosition, size: number) {
  return position.before
    ? { last: size, before: position.before }
    : { first: size, after: position.after ?? null };
}

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

/** The total count, with buttons for the previous and the next page. */
export function Pager({
  total,
  noun,
  pageInfo,
  onMove,
}: {
  total: number;
  noun: string;
  pageInfo: PageInfo;
  onMove: (position: PagePosition) => void;
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
