import type { ReactNode } from 'react';
import './description-list.css';

/** The properties of one object. */
export function DescriptionList({ children }: { children: ReactNode }) {
  return <dl className="description-list">{children}</dl>;
}

/** One property; renders nothing if it has no value. A `wide` one has a row of its own. */
export function Description({ name, wide, children }: { name: string; wide?: boolean; children: ReactNode }) {
  if (children === null || children === undefined) return null;
  return (
    <div className={wide ? 'description-wide' : undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
