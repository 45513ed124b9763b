import { Menu as BaseMenu } from '@base-ui/react/menu';
import type { ReactElement, ReactNode } from 'react';
import { CheckIcon } from './icons.tsx';
import './menu.css';

/** A menu under the button that opens it; arrow keys and first letters move in it. */
export function Menu({ trigger, children }: { trigger: ReactElement; children: ReactNode }) {
  return (
    <BaseMenu.Root modal={false}>
      <BaseMenu.Trigger render={trigger} />
      <BaseMenu.Portal>
        <BaseMenu.Positioner sideOffset={4} align="end" className="menu-positioner">
          <BaseMenu.Popup className="menu">{children}</BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}

/** Something to do; where it may not be done, the reason stands below it. */
export function MenuItem({
  danger,
  refusal,
  onSelect,
  children,
}: {
  danger?: boolean | undefined;
  refusal?: string | null | undefined;
  onSelect: () => void;
  children: ReactNode;
}) {
  return (
    <BaseMenu.Item
      className={danger ? 'menu-item menu-item-danger' : 'menu-item'}
      disabled={Boolean(refusal)}
      onClick={onSelect}
    >
      <span>{children}</span>
      {refusal && <span className="menu-refusal">{refusal}</span>}
    </BaseMenu.Item>
  );
}

/** Something to switch on and off; the menu stays open. */
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
    <BaseMenu.CheckboxItem
      className="menu-item menu-switch"
      checked={checked}
      onCheckedChange={onChange}
      closeOnClick={false}
    >
      <span className="menu-check">{checked && <CheckIcon />}</span>
      {children}
    </BaseMenu.CheckboxItem>
  );
}

/** A line between groups. */
export function MenuLine() {
  return <BaseMenu.Separator className="menu-line" />;
}

/** What stands above items and is none. */
export function MenuHeading({ children }: { children: ReactNode }) {
  return (
    <BaseMenu.Group>
      <BaseMenu.GroupLabel className="menu-heading">{children}</BaseMenu.GroupLabel>
    </BaseMenu.Group>
  );
}
