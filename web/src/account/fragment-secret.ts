import { useEffect, useState } from 'react';

const fragment = () => window.location.hash.slice(1);

/**
 * Returns the secret after the # of the address, which browsers do not send to servers; the empty string if there is none.
 * Removes it from the address, so that it is not on the screen or in the history.
 */
export function useFragmentSecret(): string {
  const [secret, setSecret] = useState(fragment);
  useEffect(() => {
    function take() {
      const next = fragment();
      if (next === '') return;
      setSecret(next);
      window.history.replaceState(window.history.state, '', window.location.pathname);
    }
    take();
    window.addEventListener('hashchange', take);
    return () => window.removeEventListener('hashchange', take);
  }, []);
  return secret;
}
