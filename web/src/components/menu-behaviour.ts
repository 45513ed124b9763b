const GAP_PX = 4;
const EDGE_PX = 8;

/** Positions a popup below an element, aligned with its right edge, or above it if there is no room below. */
function placeBelow(popup: HTMLElement, anchor: HTMLElement): void {
  const { right, top, bottom } = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = popup;
  const fitsBelow = bottom + GAP_PX + height + EDGE_PX <= window.innerHeight;
  const above = Math.max(EDGE_PX, top - GAP_PX - height);
  popup.style.left = `${Math.max(EDGE_PX, Math.min(right - width, window.innerWidth - width - EDGE_PX))}px`;
  popup.style.top = `${fitsBelow ? bottom + GAP_PX : above}px`;
}

/** Keeps a popup below an element while something scrolls or the window is resized. Returns what ends that. */
export function keepBelow(popup: HTMLElement, anchor: HTMLElement): () => void {
  const place = () => placeBelow(popup, anchor);
  place();
  window.addEventListener('scroll', place, true);
  window.addEventListener('resize', place);
  return () => {
    window.removeEventListener('scroll', place, true);
    window.removeEventListener('resize', place);
  };
}

/** Returns the index of the item that a key moves to; `-1` if the key does not move the focus. */
function targetOf(key: string, items: readonly HTMLElement[], current: number): number {
  switch (key) {
    case 'ArrowDown':
      return (current + 1) % items.length;
    case 'ArrowUp':
      return (current - 1 + items.length) % items.length;
    case 'Home':
      return 0;
    case 'End':
      return items.length - 1;
  }
  if (key.length !== 1 || key === ' ') return -1;
  const after = [...items.keys()].map((step) => (current + 1 + step) % items.length);
  return after.find((index) => items[index]?.innerText.toLowerCase().startsWith(key.toLowerCase())) ?? -1;
}

/** Moves the focus among the items of a menu. Returns whether the key is a menu key. */
export function moveFocus(menu: HTMLElement, key: string): boolean {
  const items = [...menu.querySelectorAll<HTMLElement>('[role^="menuitem"]')];
  const target = targetOf(key, items, items.indexOf(document.activeElement as HTMLElement));
  items[target]?.focus();
  return target >= 0;
}
