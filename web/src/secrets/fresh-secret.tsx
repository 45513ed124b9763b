import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { useLocation } from 'wouter';

/** A secret that was just issued: of a token, or of an invitation into a workspace. */
export type FreshSecret = { readonly secret: string } & (
  | {
      readonly kind: 'token';
      /** `null` if the answer held the secret and nothing else. */
      readonly tokenId: string | null;
      readonly event: 'created' | 'regenerated';
    }
  | { readonly kind: 'invitation'; readonly workspaceId: string; readonly email: string }
);

interface FreshSecrets {
  /** The secrets that are shown now, the newest first. */
  readonly fresh: readonly FreshSecret[];
  /** Shows a secret on the page that it belongs to, until it is dismissed or that page is left. */
  readonly show: (fresh: FreshSecret) => void;
  readonly dismiss: (fresh: FreshSecret) => void;
}

const FreshSecretContext = createContext<FreshSecrets>({ fresh: [], show: () => {}, dismiss: () => {} });

/** Whether a secret belongs to a page; one of which nothing else is known belongs to every page. */
function belongsTo(path: string, fresh: FreshSecret): boolean {
  if (fresh.kind === 'invitation') return path === `/workspaces/${fresh.workspaceId}/members`;
  return fresh.tokenId === null || path === `/tokens/${fresh.tokenId}`;
}

/**
 * Holds the secrets that can be read only once, in memory alone: a reload forgets them. It is above everything that a failed
 * request or a broken page can take away.
 */
export function FreshSecretProvider({ children }: { children: ReactNode }) {
  const [fresh, setFresh] = useState<readonly FreshSecret[]>([]);
  const [path] = useLocation();
  useEffect(() => {
    setFresh((held) => {
      const left = held.filter((each) => belongsTo(path, each));
      return left.length === held.length ? held : left;
    });
  }, [path]);
  const secrets = useMemo(
    () => ({
      fresh,
      show: (added: FreshSecret) =>
        setFresh((held) => [added, ...held.filter((each) => !replaces(added, each))]),
      dismiss: (done: FreshSecret) => setFresh((held) => held.filter((each) => each !== done)),
    }),
    [fresh],
  );
  return <FreshSecretContext value={secrets}>{children}</FreshSecretContext>;
}

/** Whether a new secret of a token takes the place of one that is shown. */
function replaces(added: FreshSecret, shown: FreshSecret): boolean {
  return (
    added.kind === 'token' &&
    shown.kind === 'token' &&
    added.tokenId === shown.tokenId &&
    added.tokenId !== null
  );
}

/** The secrets that are shown now, and how to show and dismiss one. */
export function useFreshSecrets(): FreshSecrets {
  return useContext(FreshSecretContext);
}
