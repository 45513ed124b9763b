import type { ReactNode } from 'react';
import './badge.css';

/** What the colour of a badge says; the words say it too. */
export type Tone = 'plain' | 'success' | 'warning' | 'danger' | 'accent';

/** A short word that stands out. */
export function Badge({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`badge badge-${tone}`}>{children}</span>;
}
