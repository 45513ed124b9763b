import { AuditLog, useAuditView } from '../audit/audit-log.tsx';
import { Section } from '../components/page.tsx';
import { Failure, Loading } from '../components/states.tsx';
import { useWorkspaceLogQuery } from '../generated/hooks.ts';
import type { Workspace } from './workspace.ts';

/** The audit log of a workspace and of what belongs to it. */
export function AuditTab({ workspace }: { workspace: Workspace }) {
  const view = useAuditView();
  const [{ data, error, fetching, stale }, reload] = useWorkspaceLogQuery({
    variables: { id: workspace.id, ...view.variables },
  });
  const log = data?.workspace?.auditEvents;
  return (
    <Section title="Audit log" lead="Who did what in this workspace, newest first.">
      {error && <Failure error={error} onRetry={reload} />}
      {!log && !error && <Loading what="the audit log" />}
      {log && <AuditLog view={view} log={log} busy={fetching || stale} />}
    </Section>
  );
}
