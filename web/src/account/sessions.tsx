import { describeError } from '../api/errors.ts';
import { useAnnounce } from '../components/announcer.tsx';
import { Badge } from '../components/badge.tsx';
import { Button } from '../components/button.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { Section } from '../components/page.tsx';
import { Failure, Loading, Problem } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import {
  type SessionsQuery,
  useRevokeOtherSessionsMutation,
  useRevokeSessionMutation,
  useSessionsQuery,
} from '../generated/hooks.ts';
import { counted } from '../labels.ts';
import { describeUserAgent } from './user-agent.ts';

type Session = NonNullable<SessionsQuery['viewer']>['sessions'][number];

const COLUMNS: readonly Column<Session>[] = [
  {
    id: 'agent',
    title: 'Device',
    cell: ({ userAgent, current }) => (
      <>
        <span title={userAgent ?? undefined}>{describeUserAgent(userAgent)}</span>{' '}
        {current && <Badge tone="accent">This session</Badge>}
      </>
    ),
  },
  { id: 'ip', title: 'IP address', cell: ({ ip }) => ip ?? <span className="muted">Unknown</span> },
  { id: 'created', title: 'Signed in', cell: ({ createdAt }) => <Time value={createdAt} relative /> },
  {
    id: 'used',
    title: 'Last used',
    cell: ({ lastUsedAt }) => (lastUsedAt ? <Time value={lastUsedAt} relative /> : 'Never used'),
  },
  { id: 'expires', title: 'Expires', cell: ({ expiresAt }) => <Time value={expiresAt} /> },
];

function SessionsTable({ sessions }: { sessions: readonly Session[] }) {
  const announce = useAnnounce();
  const [{ fetching, error }, revoke] = useRevokeSessionMutation();
  async function end(session: Session) {
    const result = await revoke({ id: session.id });
    if (!result.error) announce('Session ended');
  }
  const actions: Column<Session> = {
    id: 'actions',
    title: 'Actions',
    untitled: true,
    cell: (session) =>
      !session.current && (
        <Button small variant="danger-quiet" disabled={fetching} onClick={() => end(session)}>
          Sign out
        </Button>
      ),
  };
  return (
    <>
      {error && <Problem>{describeError(error)}</Problem>}
      <DataTable label="Sessions" columns={[...COLUMNS, actions]} rows={sessions} keyOf={({ id }) => id} />
    </>
  );
}

/** The sessions of the signed-in user, with buttons that end them. */
export function Sessions() {
  const announce = useAnnounce();
  const [{ data, error }, reload] = useSessionsQuery();
  const [ending, endOthers] = useRevokeOtherSessionsMutation();
  async function signOutElsewhere() {
    const result = await endOthers({});
    const ended = result.data?.revokeOtherSessions;
    if (ended) announce(`${counted(ended.revokedCount, 'session')} ended`);
  }
  const sessions = data?.viewer?.sessions;
  const problem = error ?? ending.error;
  return (
    <Section
      title="Sessions"
      lead="Browsers and devices where you are signed in."
      actions={
        <Button busy={ending.fetching} disabled={(sessions?.length ?? 0) < 2} onClick={signOutElsewhere}>
          Sign out everywhere else
        </Button>
      }
    >
      {problem && <Failure error={problem} onRetry={reload} />}
      {!sessions && !error && <Loading what="your sessions" />}
      {sessions && <SessionsTable sessions={sessions} />}
    </Section>
  );
}
