import { AuditLog, useAuditView } from '../audit/audit-log.tsx';
import { Page, Section } from '../components/page.tsx';
import { Loaded } from '../components/states.tsx';
import { useAccountLogQuery } from '../generated/hooks.ts';
import { useMe } from '../session/session-gate.tsx';
import { Identities } from './identities.tsx';
import { PasswordForm } from './password-form.tsx';
import { Sessions } from './sessions.tsx';

function AccountLog() {
  const view = useAuditView();
  const [{ data, error, fetching, stale }, reload] = useAccountLogQuery({ variables: view.variables });
  return (
    <Section title="Audit log" lead="Recent activity on your account and personal tokens.">
      <Loaded value={data?.viewer} error={error} what="the audit log" onRetry={reload}>
        {(viewer) => <AuditLog view={view} log={viewer.auditEvents} busy={fetching || stale} />}
      </Loaded>
    </Section>
  );
}

/** The account page of the signed-in user: password, identities, sessions and audit log. */
export default function AccountPage() {
  const me = useMe();
  return (
    <Page title="Account" lead={`${me.name} · ${me.email}`}>
      {me.hasPassword !== false && <PasswordForm />}
      <Identities />
      <Sessions />
      <AccountLog />
    </Page>
  );
}
