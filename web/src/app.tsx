import { Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { ApiProvider } from './api/api-provider.tsx';
import { PageBoundary } from './broken-page.tsx';
import { Announcer } from './components/announcer.tsx';
import { SearchMemory } from './components/list-state.tsx';
import { Loading } from './components/states.tsx';
import { Clock } from './components/time.tsx';
import { lazyPage } from './lazy-page.ts';
import { NotFoundPage } from './not-found-page.tsx';
import { FreshSecretProvider } from './secrets/fresh-secret.tsx';
import { useKeepFocus } from './session/keep-focus.ts';
import { CLOSING_PATH } from './session/provider-window.tsx';
import { ReauthenticationDialog } from './session/reauthentication-dialog.tsx';
import { SessionDialog } from './session/session-dialog.tsx';
import { SessionGate } from './session/session-gate.tsx';
import { Shell } from './session/shell.tsx';
import { SignInPage } from './session/sign-in-page.tsx';
import { SignedInPage } from './session/signed-in-page.tsx';
import { TabsInStep } from './session/tabs-in-step.tsx';
import { TokensPage } from './tokens/tokens-page.tsx';

const AccountPage = lazyPage(() => import('./account/account-page.tsx'));
const ChangePasswordPage = lazyPage(() => import('./account/change-password-page.tsx'));
const ChannelPage = lazyPage(() => import('./channels/channel-page.tsx'));
const DevicePage = lazyPage(() => import('./device/device-page.tsx'));
const HelpPage = lazyPage(() => import('./help/help-page.tsx'));
const InvitationPage = lazyPage(() => import('./account/invitation-page.tsx'));
const LinkIdentityPage = lazyPage(() => import('./account/link-identity-page.tsx'));
const NewTokenPage = lazyPage(() => import('./new-token/new-token-page.tsx'));
const ResetPasswordPage = lazyPage(() => import('./account/reset-password-page.tsx'));
const SignInLinkPage = lazyPage(() => import('./account/sign-in-link-page.tsx'));
const TokenPage = lazyPage(() => import('./tokens/token-page.tsx'));
const WorkspacesPage = lazyPage(() => import('./workspaces/workspaces-page.tsx'));
const WorkspaceRoutes = lazyPage(() => import('./workspaces/workspace-routes.tsx'));

function SignedInRoutes() {
  return (
    <Switch>
      <Route path="/">
        <Redirect to="/tokens" replace />
      </Route>
      <Route path="/tokens">
        <TokensPage />
      </Route>
      <Route path="/tokens/new">
        <NewTokenPage />
      </Route>
      <Route path="/tokens/:id">{({ id }) => <TokenPage key={id} id={id} />}</Route>
      <Route path="/channels/:id">{({ id }) => <ChannelPage key={id} id={id} />}</Route>
      <Route path="/account">
        <AccountPage />
      </Route>
      <Route path="/device">
        <DevicePage />
      </Route>
      <Route path="/help/:name">{({ name }) => <HelpPage name={name} />}</Route>
      <Route path="/workspaces">
        <WorkspacesPage />
      </Route>
      <Route path="/workspaces/:id/*?">{({ id }) => <WorkspaceRoutes key={id} id={id} />}</Route>
      <Route path="/workspace/:id/*?">
        {({ id, '*': rest }) => <Redirect to={`/workspaces/${id}/${rest ?? ''}`} replace />}
      </Route>
      <Route>
        <NotFoundPage />
      </Route>
    </Switch>
  );
}

/** The pages of a signed-in user. If a page breaks, the navigation and a secret above it stay. */
function SignedIn() {
  return (
    <SessionGate>
      <SearchMemory>
        <Shell>
          <PageBoundary frame="shell">
            <Suspense fallback={<Loading what="the page" />}>
              <SignedInRoutes />
            </Suspense>
          </PageBoundary>
        </Shell>
      </SearchMemory>
    </SessionGate>
  );
}

/** The console. */
export function App() {
  useKeepFocus();
  return (
    <Clock>
      <Announcer>
        <ApiProvider>
          <FreshSecretProvider>
            <PageBoundary frame="auth">
              <Suspense fallback={<Loading what="the page" />}>
                <Switch>
                  <Route path="/sign-in">
                    <SignInPage link={(outcome) => <LinkIdentityPage outcome={outcome} />} />
                  </Route>
                  <Route path={CLOSING_PATH}>
                    <SignedInPage />
                  </Route>
                  <Route path="/invitation">
                    <InvitationPage />
                  </Route>
                  <Route path="/change-password">
                    <ChangePasswordPage />
                  </Route>
                  <Route path="/reset-password">
                    <ResetPasswordPage />
                  </Route>
                  <Route path="/sign-in-link">
                    <SignInLinkPage />
                  </Route>
                  <Route>
                    <SignedIn />
                  </Route>
                </Switch>
              </Suspense>
            </PageBoundary>
            <ReauthenticationDialog />
            <SessionDialog />
            <TabsInStep />
          </FreshSecretProvider>
        </ApiProvider>
      </Announcer>
    </Clock>
  );
}
