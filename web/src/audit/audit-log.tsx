import { useState } from 'react';
import { AUDIT_ACTIONS } from '../../../src/domain/audit.ts';
import { SelectField } from '../components/field.tsx';
import { type PagePosition, Pager, pageArguments } from '../components/pager.tsx';
import { Empty } from '../components/states.tsx';
import type { AuditLogPartsFragment } from '../generated/hooks.ts';
import './audit-log.css';
import { actionLabel } from './audit-labels.ts';
import { AuditTable } from './audit-table.tsx';

const PAGE_SIZE = 20;

const SPANS = [
  { title: 'Any time', days: 0 },
  { title: 'Last 24 hours', days: 1 },
  { title: 'Last 7 days', days: 7 },
  { title: 'Last 30 days', days: 30 },
] as const;

/** The filters and the current page of an audit log. */
export function useAuditView() {
  const [action, setAction] = useState('');
  const [days, setDays] = useState(0);
  const [since, setSince] = useState<string | null>(null);
  const [position, setPosition] = useState<PagePosition>({});
  return {
    action,
    days,
    position,
    variables: {
      filter: { actions: action ? [action] : null, since },
      ...pageArguments(position, PAGE_SIZE),
    },
    setPosition,
    setAction(next: string) {
      setAction(next);
      setPosition({});
    },
    setDays(next: number) {
      setDays(next);
      setSince(next === 0 ? null : new Date(Date.now() - next * 86_400_000).toISOString());
      setPosition({});
    },
  };
}

/** An audit log with its filters and pages. */
export function AuditLog({
  view,
  log,
  busy,
}: {
  view: ReturnType<typeof useAuditView>;
  log: AuditLogPartsFragment;
  busy: boolean;
}) {
  return (
    <>
      <div className="audit-filters">
        <SelectField
          label="Action"
          value={view.action}
          onChange={(event) => view.setAction(event.target.value)}
        >
          <option value="">All actions</option>
          {AUDIT_ACTIONS.map((action) => (
            <option key={action} value={action}>
              {actionLabel(action)}
            </option>
          ))}
        </SelectField>
        <SelectField
          label="Time range"
          value={view.days}
          onChange={(event) => view.setDays(Number(event.target.value))}
        >
          {SPANS.map(({ title, days }) => (
            <option key={days} value={days}>
              {title}
            </option>
          ))}
        </SelectField>
      </div>
      {log.nodes.length > 0 ? (
        <AuditTable events={log.nodes} busy={busy} />
      ) : (
        <Empty title="No events">Try another action or time range.</Empty>
      )}
      <Pager
        total={log.totalCount}
        shown={log.nodes.length}
        size={PAGE_SIZE}
        noun="event"
        position={view.position}
        pageInfo={log.pageInfo}
        onMove={view.setPosition}
      />
    </>
  );
}
