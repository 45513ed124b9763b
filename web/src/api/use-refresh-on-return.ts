import { useEffect } from 'react';

/** A refresh that is more recent than this is recent enough. */
const FRESH_MS = 5000;

/** Calls `refresh` when the user returns to the tab, and when the network is back. */
export function useRefreshOnReturn(refresh: () => void): void {
  useEffect(() => {
    let refreshed = Date.now();
    function handle() {
      if (document.visibilityState === 'hidden' || Date.now() - refreshed < FRESH_MS) return;
      refreshed = Date.now();
      refresh();
    }
    const targets = [
      [window, 'focus'],
      [window, 'online'],
      [document, 'visibilitychange'],
    ] as const;
    for (const [target, event] of targets) target.addEventListener(event, handle);
    return () => {
      for (const [target, event] of targets) target.removeEventListener(event, handle);
    };
  }, [refresh]);
}
