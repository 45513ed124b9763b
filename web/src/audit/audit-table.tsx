import { Link } from 'wouter';
import { type Column, DataTable } from '../components/data-table.tsx';
import { Time } from '../components/time.tsx';
import type { AuditRowFragment } from '../generated/hooks.ts';
import './audit-table.css';
import { actionLabel, detailLabel } from './audit-labels.ts';

const COLUMNS: readonly Column<AuditRowFragment>[] = [
  {
    id: 'what',
    title: 'Event',
    cell: ({ action, detail }) => (
      <>
        <span className="audit-action">{actionLabel(action)}</span>
        <span className="audit-detail">{detailLabel(detail)}</span>
      </>
    ),
  },
  {
    id: 'who',
    title: 'Actor',
    cell: ({ actor, actorToken, actorKind }) => (
      <>
        {actor?.name ?? (actorKind === null ? 'Server operator or unknown user' : 'A workspace token')}
        {actorToken && (
          <>
            {' with '}
            <Link href={`/tokens/${actorToken.id}`}>{actorToken.name}</Link>
          </>
        )}
      </>
    ),
  },
  {
    id: 'from',
    title: 'IP address',
    cell: ({ ip, userAgent }) => (
      <span className="muted" title={userAgent ?? undefined}>
        {ip ?? 'Command line'}
      </span>
    ),
  },
  { id: 'when', title: 'Time', cell: ({ at }) => <Time value={at} relative /> },
];

/** Rows of an audit log, newest first. */
export function AuditTable({ events, busy }: { events: readonly AuditRowFragment[]; busy?: boolean }) {
  return <DataTable label="Audit log" columns={COLUMNS} rows={events} keyOf={({ id }) => id} busy={busy} />;
}
