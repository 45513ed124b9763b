import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { ApiProvider } from './api/api-provider.tsx';
import { Announcer } from './components/announcer.tsx';
import { SearchMemory } from './components/list-state.tsx';
import { Loading } from './components/states.tsx';
import { NotFoundPage } from './not-found-page.tsx';
import { FreshSecretProvider } from './secrets/fresh-secret.tsx';
import { SessionGate } from './session/session-gate.tsx';
import { Shell } from './session/shell.tsx';
import { SignInPage } from './session/sign-in-page.tsx';
import { TokensPage } from './tokens/tokens-page.tsx';

const AccountPage = lazy(() => import('./account/account-page.tsx'));
const ChannelPage = lazy(() => import('./channels/channel-page.tsx'));
const InvitationPage = lazy(() => import('./account/invitation-page.tsx'));
const NewTokenPage = lazy(() => import('./tokens/new-token-page.tsx'));
const TokenPage = lazy(() => import('./tokens/token-page.tsx'));
const WorkspacesPage = lazy(() => import('./workspaces/workspaces-page.tsx'));
const WorkspaceRoutes = lazy(() => import('./workspaces/workspace-routes.tsx'));

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
      <Route path="/workspaces">
        <WorkspacesPage />
      </Route>
      <Route path="/workspaces/:id/*?">{({ id }) => <WorkspaceRoutes key={id} id={id} />}</Route>
      <Route>
        <NotFoundPage />
      </Route>
    </Switch>
  );
}

/** The console. */
export function App() {
  return (
    <ApiProvider>
      <Announcer>
        <Suspense fallback={<Loading what="the page" />}>
          <Switch>
            <Route path="/sign-in">
              <SignInPage />
            </Route>
            <Route path="/invitation">
              <InvitationPage />
            </Route>
            <Route>
              <SessionGate>
                <SearchMemory>
                  <FreshSecretProvider>
                    <Shell>
                      <Suspense fallback={<Loading what="the page" />}>
                        <SignedInRoutes />
                      </Suspense>
                    </Shell>
                  </FreshSecretProvider>
                </SearchMemory>
              </SessionGate>
            </Route>
          </Switch>
        </Suspense>
      </Announcer>
    </ApiProvider>
  );
}
