import { Badge } from '../components/badge.tsx';
import { Button } from '../components/button.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { Section } from '../components/page.tsx';
import { Loaded, Problem } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { useSubmit } from '../components/use-submit.ts';
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
    cell: ({ userAgent, commandLine, current }) => (
      <>
        <span title={userAgent ?? undefined}>
          {commandLine === null ? describeUserAgent(userAgent) : `CLI on ${commandLine}`}
        </span>{' '}
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
  const revocation = useSubmit(useRevokeSessionMutation());
  const actions: Column<Session> = {
    id: 'actions',
    title: 'Actions',
    untitled: true,
    cell: ({ id, current }) =>
      !current && (
        <Button
          small
          variant="danger-quiet"
          disabled={revocation.busy}
          onClick={() => revocation.submit({ id }, 'Session ended')}
        >
          Sign out
        </Button>
      ),
  };
  return (
    <>
      {revocation.problem && <Problem>{revocation.problem}</Problem>}
      <DataTable label="Sessions" columns={[...COLUMNS, actions]} rows={sessions} keyOf={({ id }) => id} />
    </>
  );
}

/** The sessions of the signed-in user, with buttons that end them. */
export function Sessions() {
  const [{ data, error }, reload] = useSessionsQuery();
  const revocation = useSubmit(useRevokeOtherSessionsMutation());
  const sessions = data?.viewer?.sessions;
  return (
    <Section
      title="Sessions"
      lead="Browsers and command lines where you are signed in."
      actions={
        <Button
          busy={revocation.busy}
          disabled={(sessions?.length ?? 0) < 2}
          onClick={() =>
            revocation.submit(
              {},
              ({ revokeOtherSessions }) =>
                `${counted(revokeOtherSessions?.revokedCount ?? 0, 'session')} ended`,
            )
          }
        >
          Sign out everywhere else
        </Button>
      }
    >
      {revocation.problem && <Problem>{revocation.problem}</Problem>}
      <Loaded value={sessions} error={error} what="your sessions" onRetry={reload}>
        {(loaded) => <SessionsTable sessions={loaded} />}
      </Loaded>
    </Section>
  );
}
