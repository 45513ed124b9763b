import type { ReactNode } from 'react';
import './badge.css';

/** The colour of a badge. The text carries the same meaning. */
export type Tone = 'plain' | 'success' | 'warning' | 'danger' | 'accent';

/** A short highlighted label. */
export function Badge({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`badge badge-${tone}`}>{children}</span>;
}
