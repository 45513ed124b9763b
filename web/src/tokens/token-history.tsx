import { AuditTable } from '../audit/audit-table.tsx';
import { Section } from '../components/page.tsx';
import { Failure, Loading } from '../components/states.tsx';
import { type TokenRowFragment, useTokenHistoryQuery } from '../generated/hooks.ts';
import { canReadHistory } from './token-actions.ts';

/** The latest audit events of a token, for users who can read them. */
export function TokenHistory({ token }: { token: TokenRowFragment }) {
  const allowed = canReadHistory(token);
  const [{ data, error }, reload] = useTokenHistoryQuery({ variables: { id: token.id }, pause: !allowed });
  if (!allowed) return null;
  const events = data?.token?.auditEvents.nodes;
  return (
    <Section title="Recent changes">
      {error && <Failure error={error} onRetry={reload} />}
      {!events && !error && <Loading what="recent changes" />}
      {events && <AuditTable events={events} />}
    </Section>
  );
}
