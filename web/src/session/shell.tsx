import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useResetClient, useTabs } from '../api/api-provider.tsx';
import { describeError, isSignedOut } from '../api/errors.ts';
import { useAnnounce } from '../components/announcer.tsx';
import { Badge } from '../components/badge.tsx';
import { ConfirmDialog } from '../components/dialog.tsx';
import { Logo } from '../components/icons.tsx';
import { Menu, MenuItem } from '../components/menu.tsx';
import { clearDrafts } from '../drafts/use-draft.ts';
import { FEEDBACK_URL, openFeedback } from '../feedback.tsx';
import { useSignOutMutation } from '../generated/hooks.ts';
import { useFreshSecrets } from '../secrets/fresh-secret.tsx';
import { LeftSecretDialog } from '../secrets/left-secret-dialog.tsx';
import { FreshSecretBanners } from '../secrets/secret-banner.tsx';
import { IS_BETA } from '../version.ts';
import { ConnectionBar } from './connection-bar.tsx';
import { useMe } from './session-gate.tsx';
import './shell.css';

const NAV_LINKS = [
  { href: '/tokens', title: 'Access tokens' },
  { href: '/workspaces', title: 'Workspaces' },
] as const;

function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  return [words[0], words.length > 1 ? words.at(-1) : undefined]
    .map((word) => [...(word ?? '')][0] ?? '')
    .join('')
    .toUpperCase();
}

function AvatarMenu() {
  const me = useMe();
  const [, go] = useLocation();
  const resetClient = useResetClient();
  const announce = useAnnounce();
  const [, signOut] = useSignOutMutation();
  const tabs = useTabs();
  const { uncopied } = useFreshSecrets();
  const [asking, setAsking] = useState(false);
  async function leave() {
    setAsking(false);
    const { data, error } = await signOut({});
    if (error && !isSignedOut(error)) announce(`You are still signed in. ${describeError(error)}`);
    else {
      tabs.tell({ kind: 'signed-out', userId: me.id });
      clearDrafts();
      const elsewhere = data?.signOut?.providerLogoutUrl;
      if (elsewhere) window.location.assign(elsewhere);
      else resetClient('/sign-in');
    }
  }
  return (
    <>
      <Menu
        trigger={(props) => (
          <button {...props} type="button" className="avatar" aria-label={`Account of ${me.name}`}>
            {initialsOf(me.name)}
          </button>
        )}
        heading={
          <>
            <strong className="shell-name">{me.name}</strong>
            {me.email}
          </>
        }
      >
        <MenuItem onSelect={() => go('/tokens')}>Access tokens</MenuItem>
        <MenuItem onSelect={() => go('/account')}>Account</MenuItem>
        <MenuItem onSelect={() => go('/help/create')}>Help</MenuItem>
        <MenuItem onSelect={() => window.location.assign('/graphql')}>API in GraphiQL</MenuItem>
        {FEEDBACK_URL !== null && (
          <MenuItem onSelect={() => openFeedback(FEEDBACK_URL as string)}>Send feedback</MenuItem>
        )}
        <MenuItem onSelect={() => (uncopied ? setAsking(true) : void leave())}>Sign out</MenuItem>
      </Menu>
      {asking && (
        <ConfirmDialog
          title="Sign out without copying the secret?"
          action="Sign out"
          onSubmit={leave}
          onClose={() => setAsking(false)}
        >
          <p>The new secret on this page can't be shown again.</p>
        </ConfirmDialog>
      )}
    </>
  );
}

/** Whether a page has already moved the focus to its first field. */
function isField(element: Element | null): boolean {
  return element !== null && ['INPUT', 'SELECT', 'TEXTAREA'].includes(element.tagName);
}

/** Moves the focus to the new page when the path changes, so that a screen reader starts there. */
function useFocusOnPageChange() {
  const main = useRef<HTMLElement>(null);
  const [path] = useLocation();
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    window.scrollTo(0, 0);
    if (!isField(document.activeElement)) main.current?.focus({ preventScroll: true });
  }, [path]);
  return main;
}

/** The header and navigation around every page of a signed-in user. */
export function Shell({ children }: { children: ReactNode }) {
  const [path] = useLocation();
  const main = useFocusOnPageChange();
  return (
    <>
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <header className="shell">
        <Link href="/tokens" className="shell-brand" aria-label="Postern">
          <Logo />
          <span>Postern</span>
        </Link>
        {IS_BETA && (
          <span className="shell-beta">
            <Badge>Beta</Badge>
          </span>
        )}
        <nav aria-label="Main" className="shell-nav">
          {NAV_LINKS.map(({ href, title }) => (
            <Link key={href} href={href} aria-current={path.startsWith(href) ? 'page' : undefined}>
              {title}
            </Link>
          ))}
        </nav>
        <AvatarMenu />
      </header>
      <ConnectionBar />
      <main id="main" ref={main} tabIndex={-1}>
        <FreshSecretBanners />
        {children}
        <LeftSecretDialog />
      </main>
    </>
  );
}
