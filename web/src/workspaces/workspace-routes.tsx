import { useState } from 'react';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter';
import { ChannelsTab } from '../channels/channels-tab.tsx';
import { Badge } from '../components/badge.tsx';
import { Page } from '../components/page.tsx';
import { Failure, Loading, Warning } from '../components/states.tsx';
import { FederationPage } from '../federations/federation-page.tsx';
import { FederationsTab } from '../federations/federations-tab.tsx';
import { NewFederationPage } from '../federations/new-federation-page.tsx';
import { useWorkspaceQuery } from '../generated/hooks.ts';
import { GonePage, useLast } from '../gone.tsx';
import { ROLE_DESCRIPTIONS, ROLE_NAMES } from '../labels.ts';
import { NotFoundPage } from '../not-found-page.tsx';
import { refusalByRole } from '../roles.ts';
import { AuditTab } from './audit-tab.tsx';
import { MembersTab } from './members-tab.tsx';
import { NewWorkspaceTokenPage } from './new-workspace-token-page.tsx';
import { PolicyTab } from './policy-tab.tsx';
import { SettingsTab } from './settings-tab.tsx';
import './workspace-routes.css';
import type { Workspace } from './workspace.ts';
import { WorkspaceTokensTab } from './workspace-tokens-tab.tsx';

const TABS = [
  { path: 'access-tokens', title: 'Access tokens', tab: WorkspaceTokensTab },
  { path: 'members', title: 'Members', tab: MembersTab },
  { path: 'federations', title: 'Federations', tab: FederationsTab, role: 'ADMINISTRATOR' },
  { path: 'channels', title: 'Channels', tab: ChannelsTab },
  { path: 'token-policy', title: 'Token policy', tab: PolicyTab },
  { path: 'audit-log', title: 'Audit log', tab: AuditTab, role: 'ADMINISTRATOR' },
  { path: 'settings', title: 'Settings', tab: SettingsTab },
] as const;

function TabBar({ workspace }: { workspace: Workspace }) {
  const [path] = useLocation();
  const open = TABS.filter((tab) => !('role' in tab) || !refusalByRole(workspace.viewerRole, tab.role));
  return (
    <nav className="tabs" aria-label={`Sections of ${workspace.name}`}>
      {open.map((tab) => {
        const href = `/workspaces/${workspace.id}/${tab.path}`;
        return (
          <Link key={href} href={href} aria-current={path === href ? 'page' : undefined}>
            {tab.title}
          </Link>
        );
      })}
    </nav>
  );
}

/** Says that the user's role changed while the workspace is open, and what that means. */
function RoleChange({ workspace: { name, viewerRole } }: { workspace: Workspace }) {
  const [before] = useState(viewerRole);
  if (!before || before === viewerRole) return null;
  return (
    <div role="alert">
      <Warning>
        {viewerRole
          ? `Your role in ${name} is now ${ROLE_NAMES[viewerRole]}; it was ${ROLE_NAMES[before]}. ${ROLE_DESCRIPTIONS[viewerRole]}`
          : `You are no longer a member of ${name}.`}
      </Warning>
    </div>
  );
}

function WorkspaceFrame({ workspace }: { workspace: Workspace }) {
  const { id, name, slug, viewerRole } = workspace;
  return (
    <Page
      title={name}
      lead={
        <>
          <code>{slug}</code> {viewerRole && <Badge>You are {ROLE_NAMES[viewerRole]}</Badge>}
        </>
      }
    >
      <RoleChange workspace={workspace} />
      <TabBar workspace={workspace} />
      <Switch>
        {TABS.map(({ path, tab: Tab }) => (
          <Route key={path} path={`/workspaces/:id/${path}`}>
            <Tab workspace={workspace} />
          </Route>
        ))}
        <Route path="/workspaces/:id">
          <Redirect to={`/workspaces/${id}/access-tokens`} replace />
        </Route>
        <Route>
          <NotFoundPage />
        </Route>
      </Switch>
    </Page>
  );
}

/** The pages below `/workspaces/:id`. */
export default function WorkspaceRoutes({ id }: { id: string }) {
  const [{ data, error }, reload] = useWorkspaceQuery({ variables: { id } });
  const last = useLast(data?.workspace);
  if (data && !data.workspace && last) {
    return <GonePage what="workspace" name={last.name} listPath="/workspaces" />;
  }
  if (data && !data.workspace) return <NotFoundPage what="workspace" />;
  const found = data?.workspace;
  if (found) {
    return (
      <Switch>
        <Route path="/workspaces/:id/access-tokens/new">
          <NewWorkspaceTokenPage workspace={found} />
        </Route>
        <Route path="/workspaces/:id/federations/new">
          <NewFederationPage workspace={found} />
        </Route>
        <Route path="/workspaces/:id/federations/:federationId">
          {({ federationId }) => <FederationPage workspace={found} id={federationId} />}
        </Route>
        <Route>
          <WorkspaceFrame workspace={found} />
        </Route>
      </Switch>
    );
  }
  return (
    <Page title="Workspace">
      {error ? <Failure error={error} onRetry={reload} /> : <Loading what="the workspace" />}
    </Page>
  );
}
