import type { SummaryPartsFragment } from '../generated/hooks.ts';
import './token-counters.css';

const COUNTERS = [
  { key: 'total', title: 'Total' },
  { key: 'active', title: 'Active' },
  { key: 'disabled', title: 'Disabled' },
  { key: 'expiringSoon', title: 'Expiring soon' },
  { key: 'expired', title: 'Expired' },
] as const satisfies readonly { key: keyof SummaryPartsFragment; title: string }[];

/** The number of tokens in each status. */
export function TokenCounters({ summary }: { summary: SummaryPartsFragment }) {
  return (
    <dl className="counters">
      {COUNTERS.map(({ key, title }) => (
        <div key={key} className={`counter counter-${key}`} data-nonzero={summary[key] > 0 || undefined}>
          <dt>{title}</dt>
          <dd>{summary[key]}</dd>
        </div>
      ))}
    </dl>
  );
}
