import { type RefObject, useEffect } from 'react';

/**
 * Moves the focus to `main` if the focused element disappears from the page, such as the button of a deleted row.
 * Otherwise a keyboard user would start again at the top of the document.
 */
export function useKeepFocus(main: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    let focused: Element | null = null;
    function remember({ target }: FocusEvent) {
      focused = target as Element;
    }
    const observer = new MutationObserver(() => {
      const lost = focused !== null && !focused.isConnected && document.activeElement === document.body;
      if (lost) main.current?.focus({ preventScroll: true });
    });
    document.addEventListener('focusin', remember);
    observer.observe(document.body, { childList: true, subtree: true });
    return () => {
      document.removeEventListener('focusin', remember);
      observer.disconnect();
    };
  }, [main]);
}
