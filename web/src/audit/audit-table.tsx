import { Link } from 'wouter';
import { type Column, DataTable } from '../components/data-table.tsx';
import { Time } from '../components/time.tsx';
import type { AuditRowFragment, PrincipalKind } from '../generated/hooks.ts';
import './audit-table.css';
import { actionLabel, detailLabel } from './audit-labels.ts';

/** The names of actors that are no users. */
const ACTOR_LABELS: Record<PrincipalKind, string> = {
  SESSION: 'Deleted user',
  PERSONAL_TOKEN: 'Deleted user',
  WORKSPACE_TOKEN: 'A workspace token',
  OPERATOR: 'Server operator',
  DIRECTORY: 'A directory',
};

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
        {actor?.name ?? (actorKind === null ? 'Unknown user' : ACTOR_LABELS[actorKind])}
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
