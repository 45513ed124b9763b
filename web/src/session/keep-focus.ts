import { useEffect } from 'react';

/** Returns what takes the focus: the dialog on top, since the page below it cannot, or else the content of the page. */
function placeForFocus(): HTMLElement | null {
  return [...document.querySelectorAll<HTMLElement>('dialog:modal')].at(-1) ?? document.querySelector('main');
}

/**
 * Moves the focus to `main`, or to the dialog that is open, if the focused element disappears, such as the button of a deleted
 * row or the form of a page that was left. Otherwise a keyboard user would start again at the top of the document.
 */
export function useKeepFocus(): void {
  useEffect(() => {
    let focused: Element | null = null;
    function remember({ target }: FocusEvent) {
      focused = target as Element;
    }
    const observer = new MutationObserver(() => {
      const lost = focused !== null && !focused.isConnected && document.activeElement === document.body;
      // While a page loads, there is no `main`; the next change of the document moves the focus.
      if (lost) placeForFocus()?.focus({ preventScroll: true });
    });
    document.addEventListener('focusin', remember);
    observer.observe(document.body, { childList: true, subtree: true });
    return () => {
      document.removeEventListener('focusin', remember);
      observer.disconnect();
    };
  }, []);
}
