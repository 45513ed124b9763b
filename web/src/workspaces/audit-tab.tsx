import { AuditLog, useAuditView } from '../audit/audit-log.tsx';
import { Section } from '../components/page.tsx';
import { Loaded } from '../components/states.tsx';
import { useWorkspaceLogQuery } from '../generated/hooks.ts';
import type { Workspace } from './workspace.ts';

/** The audit log of a workspace. */
export function AuditTab({ workspace }: { workspace: Workspace }) {
  const view = useAuditView();
  const [{ data, error, fetching, stale }, reload] = useWorkspaceLogQuery({
    variables: { id: workspace.id, ...view.variables },
  });
  return (
    <Section title="Audit log" lead="Who did what in this workspace, newest first.">
      <Loaded value={data?.workspace} error={error} what="the audit log" onRetry={reload}>
        {({ auditEvents }) => <AuditLog view={view} log={auditEvents} busy={fetching || stale} />}
      </Loaded>
    </Section>
  );
}
