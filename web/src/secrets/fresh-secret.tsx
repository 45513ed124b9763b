import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { invitationLink } from './copies.ts';

/** A secret that was just issued, of a token or an invitation to a workspace. */
export type FreshSecret = { readonly secret: string } & (
  | {
      readonly kind: 'token';
      /** `null` if the response contains only the secret. */
      readonly tokenId: string | null;
      readonly name: string;
      readonly event: 'created' | 'regenerated';
    }
  | { readonly kind: 'invitation'; readonly workspaceId: string; readonly email: string }
);

interface FreshSecrets {
  /** The secrets that belong to the page, newest first. */
  readonly fresh: readonly FreshSecret[];
  /** The secrets of other pages that the user left without copying them. */
  readonly left: readonly FreshSecret[];
  /** Whether the user has copied no part of at least one secret. */
  readonly uncopied: boolean;
  /** Shows a secret on the page that it belongs to, until the user dismisses it or leaves that page. */
  readonly show: (fresh: FreshSecret) => void;
  readonly markCopied: (fresh: FreshSecret) => void;
  readonly dismiss: (fresh: FreshSecret) => void;
  /** Dismisses the secrets of a deleted token. */
  readonly forget: (tokenId: string) => void;
}

const FreshSecretContext = createContext<FreshSecrets>({
  fresh: [],
  left: [],
  uncopied: false,
  show: () => {},
  markCopied: () => {},
  dismiss: () => {},
  forget: () => {},
});

/** Returns the page of a secret; `null` if it belongs to every page, since its token is unknown. */
export function pageOf(fresh: FreshSecret): string | null {
  if (fresh.kind === 'invitation') return `/workspaces/${fresh.workspaceId}/members`;
  return fresh.tokenId === null ? null : `/tokens/${fresh.tokenId}`;
}

/** Returns what the user copies: the secret of a token, or the link of an invitation. */
export function textOf({ kind, secret }: FreshSecret): string {
  return kind === 'invitation' ? invitationLink(secret) : secret;
}

function belongsTo(path: string, fresh: FreshSecret): boolean {
  return [null, path].includes(pageOf(fresh));
}

/** Asks before the tab is closed or reloaded. */
function useAskBeforeUnload(asks: boolean) {
  useEffect(() => {
    if (!asks) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [asks]);
}

/**
 * Stores the secrets that can be read only once. They are in memory only. A secret that was copied disappears with its
 * page; one that was not copied stays until the user decides. The provider is above everything that a failed request or
 * a broken page can replace.
 */
export function FreshSecretProvider({ children }: { children: ReactNode }) {
  const [all, setAll] = useState<readonly FreshSecret[]>([]);
  const [copied, setCopied] = useState<readonly FreshSecret[]>([]);
  const [path] = useLocation();
  useEffect(() => {
    setAll((shown) => {
      const remaining = shown.filter((each) => belongsTo(path, each) || !copied.includes(each));
      return remaining.length === shown.length ? shown : remaining;
    });
  }, [path, copied]);
  const secrets = useMemo(
    () => ({
      fresh: all.filter((each) => belongsTo(path, each)),
      left: all.filter((each) => !belongsTo(path, each)),
      uncopied: all.some((each) => !copied.includes(each)),
      show: (added: FreshSecret) =>
        setAll((shown) => [added, ...shown.filter((each) => !replaces(added, each))]),
      markCopied: (done: FreshSecret) => setCopied((before) => [...before, done]),
      dismiss: (done: FreshSecret) => setAll((shown) => shown.filter((each) => each !== done)),
      forget: (tokenId: string) =>
        setAll((shown) => shown.filter((each) => each.kind !== 'token' || each.tokenId !== tokenId)),
    }),
    [all, copied, path],
  );
  useAskBeforeUnload(secrets.uncopied);
  return <FreshSecretContext value={secrets}>{children}</FreshSecretContext>;
}

/** Whether a new secret replaces a secret of the same token. */
function replaces(added: FreshSecret, shown: FreshSecret): boolean {
  return (
    added.kind === 'token' &&
    shown.kind === 'token' &&
    added.tokenId === shown.tokenId &&
    added.tokenId !== null
  );
}

/** Returns the secrets that were just issued, with functions to show and dismiss one. */
export function useFreshSecrets(): FreshSecrets {
  return useContext(FreshSecretContext);
}
