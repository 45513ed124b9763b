import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react';
import './announcer.css';

const SHOWN_FOR_MS = 6000;

const AnnounceContext = createContext<(message: string) => void>(() => {});

/** Shows results briefly at the edge of the page, and announces them to screen readers. */
export function Announcer({ children }: { children: ReactNode }) {
  const [notice, setNotice] = useState<{ message: string; id: number } | null>(null);
  const announce = useCallback(
    (message: string) => setNotice((last) => ({ message, id: (last?.id ?? 0) + 1 })),
    [],
  );
  useEffect(() => {
    if (!notice) return;
    const timer = setTimeout(() => setNotice(null), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  return (
    <AnnounceContext value={announce}>
      {children}
      <div className="announcer" role="status">
        {notice && (
          <p key={notice.id} className="announcer-notice">
            {notice.message}
          </p>
        )}
      </div>
    </AnnounceContext>
  );
}

/** Returns a function that announces a result, such as "Token deleted". */
export function useAnnounce(): (message: string) => void {
  return useContext(AnnounceContext);
}
