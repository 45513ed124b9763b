import { type ReactNode, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { useAnnounce } from './components/announcer.tsx';
import { Button, ButtonLink } from './components/button.tsx';
import { ErrorBoundary } from './components/error-boundary.tsx';
import { Page } from './components/page.tsx';
import { Loading, Problem } from './components/states.tsx';
import { isPageLoadError } from './lazy-page.ts';
import { useFreshSecrets } from './secrets/fresh-secret.tsx';
import { AuthLayout } from './session/auth-layout.tsx';

const RELOADED = 'postern.reloaded';

/** Whether this build of the console has already been reloaded; also true if the browser does not store that. */
function wasReloaded(): boolean {
  try {
    return sessionStorage.getItem(RELOADED) === import.meta.url;
  } catch {
    return true;
  }
}

/** Reloads the page if the server responds; otherwise a reload would leave an empty page. Resolves with whether it reloads. */
async function reloadIfReachable(): Promise<boolean> {
  try {
    const { ok } = await fetch(window.location.pathname, { headers: { accept: 'text/html' } });
    if (!ok) return false;
    sessionStorage.setItem(RELOADED, import.meta.url);
    window.location.reload();
    return true;
  } catch {
    return false;
  }
}

/** Reloads a page whose script is missing, once per build and never while a secret is shown. Returns whether it reloads. */
function useReloadOnce(): boolean {
  const { fresh } = useFreshSecrets();
  const [reloading, setReloading] = useState(() => fresh.length === 0 && !wasReloaded());
  useEffect(() => {
    if (reloading) void reloadIfReachable().then(setReloading);
  }, [reloading]);
  return reloading;
}

interface ProblemProps {
  readonly title: string;
  readonly children: ReactNode;
}

type Frame = (props: ProblemProps) => ReactNode;

/** The layouts of a broken page, with and without the navigation. */
const FRAMES = {
  shell: ({ title, children }) => (
    <Page title={title} narrow>
      {children}
    </Page>
  ),
  auth: ({ title, children }) => <AuthLayout title={title}>{children}</AuthLayout>,
} as const satisfies Record<string, Frame>;

interface BrokenPageProps {
  readonly frame: keyof typeof FRAMES;
  readonly error: unknown;
}

function Actions() {
  const announce = useAnnounce();
  async function reload() {
    if (!(await reloadIfReachable())) announce("The server can't be reached. Try again in a moment.");
  }
  return (
    <div className="page-actions">
      <Button variant="primary" onClick={reload}>
        Reload
      </Button>
      <ButtonLink href="/tokens">Go to my tokens</ButtonLink>
    </div>
  );
}

function CrashedPage({ frame, error }: BrokenPageProps) {
  const Frame = FRAMES[frame];
  return (
    <Frame title="Something went wrong">
      <Problem>This page can't be shown because of an error. Reload it to try again.</Problem>
      <p className="muted">
        If this continues, send this message to your server administrator:{' '}
        <code>{error instanceof Error ? error.message : String(error)}</code>
      </p>
      <Actions />
    </Frame>
  );
}

function UnloadedPage({ frame }: Pick<BrokenPageProps, 'frame'>) {
  const { fresh } = useFreshSecrets();
  const reloading = useReloadOnce();
  const Frame = FRAMES[frame];
  if (reloading) return <Loading what="the page" />;
  return (
    <Frame title="Can't load this page">
      <Problem>
        Part of the console couldn't be loaded. The server may have been updated, or it can't be reached right
        now.
        {fresh.length > 0 ? ' Save the secret above, then reload.' : ' Reload to try again.'}
      </Problem>
      <Actions />
    </Frame>
  );
}

/** Shows an error in place of a page that throws, until the user opens another page. The layout around it stays. */
export function PageBoundary({ frame, children }: Pick<BrokenPageProps, 'frame'> & { children: ReactNode }) {
  const [path] = useLocation();
  return (
    <ErrorBoundary
      resetKey={path}
      fallback={(error) =>
        isPageLoadError(error) ? <UnloadedPage frame={frame} /> : <CrashedPage frame={frame} error={error} />
      }
    >
      {children}
    </ErrorBoundary>
  );
}
