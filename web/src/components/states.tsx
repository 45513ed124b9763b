import type { ReactNode } from 'react';
import type { CombinedError } from 'urql';
import { describeError } from '../api/errors.ts';
import { Button } from './button.tsx';
import { WarningIcon } from './icons.tsx';
import './states.css';

/** Something is on its way. */
export function Loading({ what }: { what: string }) {
  return (
    <div className="loading" role="status">
      <span className="loading-mark" aria-hidden="true" />
      Loading {what}…
    </div>
  );
}

/** What went wrong, said at once. */
export function Problem({ children }: { children: ReactNode }) {
  return (
    <div className="note note-danger" role="alert">
      <WarningIcon />
      <div>{children}</div>
    </div>
  );
}

/** Something to know before one goes on. */
export function Warning({ children }: { children: ReactNode }) {
  return (
    <div className="note note-warning">
      <WarningIcon />
      <div>{children}</div>
    </div>
  );
}

/** What could not be loaded and why, with another try. */
export function Failure({ error, onRetry }: { error: CombinedError; onRetry: () => void }) {
  return (
    <div className="failure">
      <Problem>{describeError(error)}</Problem>
      <Button onClick={onRetry}>Try again</Button>
    </div>
  );
}

/** Nothing is here yet, and what to do about it. */
export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      <p>{children}</p>
      {action}
    </div>
  );
}
