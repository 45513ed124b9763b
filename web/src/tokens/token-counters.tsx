import type { ListState } from '../components/list-state.tsx';
import type { SummaryPartsFragment } from '../generated/hooks.ts';
import './token-counters.css';

/** The filter for tokens that expire soon. The others are statuses. */
export const SOON = 'EXPIRING_SOON';

const COUNTERS = [
  { key: 'total', title: 'Total', filter: '' },
  { key: 'active', title: 'Active', filter: 'ACTIVE' },
  { key: 'disabled', title: 'Disabled', filter: 'DISABLED' },
  { key: 'expiringSoon', title: 'Expiring soon', filter: SOON },
  { key: 'expired', title: 'Expired', filter: 'EXPIRED' },
] as const satisfies readonly { key: keyof SummaryPartsFragment; title: string; filter: string }[];

/** The number of tokens in each status. Pressing a number filters the list. */
export function TokenCounters({
  summary,
  list,
}: {
  summary: SummaryPartsFragment;
  list: Pick<ListState<never>, 'filter' | 'setFilter'>;
}) {
  return (
    <fieldset className="counters">
      <legend className="visually-hidden">Filter by status</legend>
      {COUNTERS.map(({ key, title, filter }) => (
        <button
          key={key}
          type="button"
          className={`counter counter-${key}`}
          data-nonzero={summary[key] > 0 || undefined}
          aria-pressed={list.filter === filter}
          onClick={() => list.setFilter(filter)}
        >
          <span className="counter-number">{summary[key]}</span>
          <span className="counter-title">{title}</span>
        </button>
      ))}
    </fieldset>
  );
}
