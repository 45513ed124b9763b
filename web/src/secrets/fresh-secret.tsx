import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { useLocation } from 'wouter';

/** A secret that was just issued, of a token or an invitation to a workspace. */
export type FreshSecret = { readonly secret: string } & (
  | {
      readonly kind: 'token';
      /** `null` if the response contains only the secret. */
      readonly tokenId: string | null;
      readonly event: 'created' | 'regenerated';
    }
  | { readonly kind: 'invitation'; readonly workspaceId: string; readonly email: string }
);

interface FreshSecrets {
  /** The secrets on the page, newest first. */
  readonly fresh: readonly FreshSecret[];
  /** Shows a secret on the page that it belongs to, until the user dismisses it or leaves that page. */
  readonly show: (fresh: FreshSecret) => void;
  readonly dismiss: (fresh: FreshSecret) => void;
}

const FreshSecretContext = createContext<FreshSecrets>({ fresh: [], show: () => {}, dismiss: () => {} });

/** Whether a secret belongs to a page. The secret of an unknown token belongs to every page. */
function belongsTo(path: string, fresh: FreshSecret): boolean {
  if (fresh.kind === 'invitation') return path === `/workspaces/${fresh.workspaceId}/members`;
  return fresh.tokenId === null || path === `/tokens/${fresh.tokenId}`;
}

/**
 * Stores the secrets that can be read only once. They are in memory only, so a reload discards them. The provider is above
 * everything that a failed request or a broken page can replace.
 */
export function FreshSecretProvider({ children }: { children: ReactNode }) {
  const [fresh, setFresh] = useState<readonly FreshSecret[]>([]);
  const [path] = useLocation();
  useEffect(() => {
    setFresh((shown) => {
      const remaining = shown.filter((each) => belongsTo(path, each));
      return remaining.length === shown.length ? shown : remaining;
    });
  }, [path]);
  const secrets = useMemo(
    () => ({
      fresh,
      show: (added: FreshSecret) =>
        setFresh((shown) => [added, ...shown.filter((each) => !replaces(added, each))]),
      dismiss: (done: FreshSecret) => setFresh((shown) => shown.filter((each) => each !== done)),
    }),
    [fresh],
  );
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

/** Returns the secrets on the page, with functions to show and dismiss one. */
export function useFreshSecrets(): FreshSecrets {
  return useContext(FreshSecretContext);
}
