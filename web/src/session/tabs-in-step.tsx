import { useEffect, useRef } from 'react';
import { returnPath, signInPath, useConnection, useResetClient, useTabs } from '../api/api-provider.tsx';
import type { TabMessage } from '../api/tabs.ts';
import { clearDrafts } from '../drafts/use-draft.ts';
import { useFreshSecrets } from '../secrets/fresh-secret.tsx';

/** Returns a function that refreshes the page: when it is visible, and once for any number of calls while it is hidden. */
function useVisibleRefresh(refresh: () => void): () => void {
  const due = useRef(false);
  useEffect(() => {
    function handle() {
      if (document.visibilityState === 'hidden' || !due.current) return;
      due.current = false;
      refresh();
    }
    document.addEventListener('visibilitychange', handle);
    return () => document.removeEventListener('visibilitychange', handle);
  }, [refresh]);
  return () => {
    if (document.visibilityState === 'hidden') due.current = true;
    else refresh();
  };
}

/** Returns a function that does in this tab what a message from another tab asks for. */
function useReaction(): (message: TabMessage) => void {
  const { user, session, update, refresh } = useConnection();
  const { uncopied } = useFreshSecrets();
  const resetClient = useResetClient();
  const refreshVisible = useVisibleRefresh(refresh);
  const { pathname, search } = window.location;

  function follow(userId: string) {
    if (!user && pathname === '/sign-in') resetClient(returnPath(search));
    if (!user) return;
    if (user.id !== userId) update({ session: 'replaced', prompting: true });
    else if (session !== 'current') {
      update({ session: 'current', prompting: false });
      refresh();
    }
  }

  function leave() {
    if (uncopied) update({ session: 'ended', prompting: true });
    else {
      clearDrafts();
      resetClient(signInPath(pathname + search));
    }
  }

  return ({ kind, userId }) => {
    if (kind === 'signed-in') follow(userId);
    else if (user?.id === userId && kind === 'signed-out') leave();
    else if (user?.id === userId && kind === 'changed') refreshVisible();
  };
}

/** Keeps this tab in step with the others: a sign-out, a sign-in and a change in one of them take effect here. */
export function TabsInStep() {
  const tabs = useTabs();
  const react = useReaction();
  const latest = useRef(react);
  useEffect(() => {
    latest.current = react;
  });
  useEffect(() => tabs.listen((message) => latest.current(message)), [tabs]);
  return null;
}
