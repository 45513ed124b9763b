import type { ReactNode } from 'react';
import type { CombinedError } from 'urql';
import { describeError } from '../api/errors.ts';
import { Button } from './button.tsx';
import { WarningIcon } from './icons.tsx';
import './states.css';

/** A loading indicator. */
export function Loading({ what }: { what: string }) {
  return (
    <div className="loading" role="status">
      <span className="loading-spinner" aria-hidden="true" />
      Loading {what}…
    </div>
  );
}

/** An error message, announced to screen readers immediately. */
export function Problem({ children }: { children: ReactNode }) {
  return (
    <div className="note note-danger" role="alert">
      <WarningIcon />
      <div>{children}</div>
    </div>
  );
}

/** A warning before an action. */
export function Warning({ children }: { children: ReactNode }) {
  return (
    <div className="note note-warning">
      <WarningIcon />
      <div>{children}</div>
    </div>
  );
}

/** Why content could not be loaded, with a button that retries. */
export function Failure({ error, onRetry }: { error: CombinedError; onRetry: () => void }) {
  return (
    <div className="failure">
      <Problem>{describeError(error)}</Problem>
      <Button onClick={onRetry}>Try again</Button>
    </div>
  );
}

/** Shows a loaded value; until there is one, why it could not be loaded or that it is loading. */
export function Loaded<Value>({
  value,
  error,
  what,
  onRetry,
  children,
}: {
  value: Value | null | undefined;
  error: CombinedError | undefined;
  /** What is loading, such as "the members". */
  what: string;
  onRetry: () => void;
  children: (value: Value) => ReactNode;
}) {
  return (
    <>
      {error && <Failure error={error} onRetry={onRetry} />}
      {value ? children(value) : !error && <Loading what={what} />}
    </>
  );
}

/** An empty state, with what to do about it. */
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
