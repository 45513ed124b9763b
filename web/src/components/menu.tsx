import {
  createContext,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
  type Ref,
  useContext,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { CheckIcon } from './icons.tsx';
import './menu.css';
import { keepBelow, moveFocus } from './menu-behaviour.ts';

/** The props of the button that opens a menu. */
export interface TriggerProps {
  readonly ref: Ref<HTMLButtonElement>;
  readonly onClick: () => void;
  readonly 'aria-haspopup': 'menu';
  readonly 'aria-expanded': boolean;
  readonly 'aria-controls': string | undefined;
}

const CloseContext = createContext<() => void>(() => {});

/** Closes a menu when the user presses or moves the focus outside it. */
function useDismissal(open: boolean, root: React.RefObject<HTMLElement | null>, close: () => void) {
  useEffect(() => {
    if (!open) return;
    const leave = ({ target }: Event) => {
      if (!(target instanceof Node && root.current?.contains(target))) close();
    };
    const events = ['pointerdown', 'focusin'] as const;
    for (const event of events) window.addEventListener(event, leave, true);
    return () => {
      for (const event of events) window.removeEventListener(event, leave, true);
    };
  }, [open, root, close]);
}

/** A menu under the button that opens it. Arrow keys and first letters move in it; Escape closes it. */
export function Menu({
  trigger,
  heading,
  children,
}: {
  trigger: (props: TriggerProps) => ReactElement;
  /** Content above the items. */
  heading?: ReactNode;
  children: ReactNode;
}) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLSpanElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const popup = useRef<HTMLDivElement>(null);
  const id = useId();
  const [dismiss] = useState(() => () => setOpen(false));
  useDismissal(open, root, dismiss);

  useLayoutEffect(() => {
    const [shown, anchor] = [popup.current, button.current];
    if (!open || !shown || !anchor) return;
    shown.showPopover();
    moveFocus(shown, 'Home');
    return keepBelow(shown, anchor);
  }, [open]);

  function close() {
    setOpen(false);
    button.current?.focus();
  }

  function handleKey(event: KeyboardEvent<HTMLDivElement>) {
    if (event.key === 'Escape') close();
    else if (!moveFocus(event.currentTarget, event.key)) return;
    event.preventDefault();
  }

  return (
    <span ref={root} className="menu-root">
      {trigger({
        ref: button,
        onClick: () => setOpen(!open),
        'aria-haspopup': 'menu',
        'aria-expanded': open,
        'aria-controls': open ? id : undefined,
      })}
      {open && (
        <div ref={popup} popover="manual" className="menu">
          {heading && <div className="menu-heading">{heading}</div>}
          <div
            id={id}
            role="menu"
            tabIndex={-1}
            aria-label={button.current?.ariaLabel ?? button.current?.innerText}
            onKeyDown={handleKey}
          >
            <CloseContext value={close}>{children}</CloseContext>
          </div>
        </div>
      )}
    </span>
  );
}

/** An action of a menu. If it is not allowed, the reason is shown below it. */
export function MenuItem({
  danger,
  refusal,
  onSelect,
  children,
}: {
  danger?: boolean;
  refusal?: string | null;
  onSelect: () => void;
  children: ReactNode;
}) {
  const close = useContext(CloseContext);
  function select() {
    if (refusal) return;
    close();
    onSelect();
  }
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      className={danger ? 'menu-item menu-item-danger' : 'menu-item'}
      aria-disabled={refusal ? true : undefined}
      onClick={select}
    >
      <span>{children}</span>
      {refusal && <span className="menu-refusal">{refusal}</span>}
    </button>
  );
}

/** An option that can be switched on and off; the menu stays open. */
export function MenuSwitch({
  checked,
  onChange,
  children,
}: {
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      role="menuitemcheckbox"
      tabIndex={-1}
      className="menu-item menu-switch"
      aria-checked={checked}
      onClick={() => onChange(!checked)}
    >
      <span className="menu-check">{checked && <CheckIcon />}</span>
      {children}
    </button>
  );
}
