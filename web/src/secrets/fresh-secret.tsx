import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { useLocation } from 'wouter';

/** A secret that was just issued, and the token that it belongs to. */
export interface FreshSecret {
  readonly tokenId: string;
  readonly secret: string;
  readonly event: 'created' | 'regenerated';
}

interface Handover {
  readonly fresh: FreshSecret | null;
  /** Keeps a secret for the page of its token, until that is left. */
  readonly keep: (fresh: FreshSecret) => void;
}

const HandoverContext = createContext<Handover>({ fresh: null, keep: () => {} });

/** Holds the one secret that may be shown, in memory alone: a reload forgets it, and so does leaving its page. */
export function FreshSecretProvider({ children }: { children: ReactNode }) {
  const [fresh, keep] = useState<FreshSecret | null>(null);
  const [path] = useLocation();
  useEffect(() => {
    keep((held) => (held && path === `/tokens/${held.tokenId}` ? held : null));
  }, [path]);
  const handover = useMemo(() => ({ fresh, keep }), [fresh]);
  return <HandoverContext value={handover}>{children}</HandoverContext>;
}

/** The secret that may be shown now, and how to hand one over. */
export function useFreshSecret(): Handover {
  return useContext(HandoverContext);
}
