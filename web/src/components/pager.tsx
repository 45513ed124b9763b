import { Button } from './button.tsx';
import './pager.css';
import { countedList } from '../labels.ts';

/** The position of a page in a list: before or after a cursor, or the first page. */
export interface PagePosition {
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  /** The number of rows before the page, when it was opened. */
  readonly skipped?: number | undefined;
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

/** Returns the number of rows before a page. Without neighbours, the page itself says it. */
function skippedBefore(total: number, shown: number, { skipped = 0 }: PagePosition, info: PageInfo): number {
  if (!info.hasPreviousPage) return 0;
  return info.hasNextPage ? Math.max(1, skipped) : Math.max(1, total - shown);
}

/** The range of rows and their total, with buttons for the previous and the next page. */
export function Pager({
  total,
  shown,
  size,
  noun,
  position,
  pageInfo,
  onMove,
}: {
  total: number;
  /** The number of rows on the page, and of a full page. */
  shown: number;
  size: number;
  noun: string;
  position: PagePosition;
  pageInfo: PageInfo;
  onMove: (position: PagePosition) => void;
}) {
  const { hasNextPage, hasPreviousPage, startCursor, endCursor } = pageInfo;
  const skipped = skippedBefore(total, shown, position, pageInfo);
  function move(next: PagePosition) {
    onMove(next);
    window.scrollTo(0, 0);
  }
  if (!hasNextPage && !hasPreviousPage) return <p className="muted small">{countedList(total, noun)}</p>;
  return (
    <nav className="pager" aria-label="Pages">
      <span className="muted small" role="status">
        {skipped + 1}–{skipped + shown} of {countedList(total, noun)}
      </span>
      <span className="page-actions">
        <Button
          small
          disabled={!hasPreviousPage}
          onClick={() => move({ before: startCursor ?? undefined, skipped: Math.max(0, skipped - size) })}
        >
          Previous
        </Button>
        <Button
          small
          disabled={!hasNextPage}
          onClick={() => move({ after: endCursor ?? undefined, skipped: skipped + shown })}
        >
          Next
        </Button>
      </span>
    </nav>
  );
}
