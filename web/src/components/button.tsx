import type { ComponentProps, MouseEvent } from 'react';
import { Link } from 'wouter';
import './button.css';

/** The visual emphasis of a button. */
export type ButtonVariant = 'primary' | 'plain' | 'quiet' | 'danger' | 'danger-quiet';

interface Refusable {
  /** Why the user is not allowed to do this. The button is then disabled and shows the reason on hover. */
  readonly refusal?: string | null | undefined;
}

interface Shape {
  readonly variant?: ButtonVariant;
  readonly small?: boolean;
}

function classOf({ variant = 'plain', small }: Shape, extra?: string): string {
  return ['button', `button-${variant}`, small && 'button-small', extra].filter(Boolean).join(' ');
}

/**
 * Returns the props of a button that does nothing while `off`. It keeps the focus, unlike one with the attribute
 * `disabled`, so that a keyboard user stays where they are.
 */
function switchedOff(off: boolean, onClick: ComponentProps<'button'>['onClick']) {
  return {
    'aria-disabled': off || undefined,
    onClick: off ? (event: MouseEvent) => event.preventDefault() : onClick,
  };
}

/** A button. While busy it does nothing and is marked `aria-busy`. */
export function Button({
  variant,
  small,
  busy,
  refusal,
  className,
  disabled,
  onClick,
  ...props
}: Shape & Refusable & { busy?: boolean } & ComponentProps<'button'>) {
  return (
    <button
      type="button"
      aria-busy={busy || undefined}
      title={refusal ?? undefined}
      {...props}
      {...switchedOff(Boolean(disabled || busy || refusal), onClick)}
      className={classOf({ variant, small }, className)}
    />
  );
}

/** A link within the console that looks like a button. */
export function ButtonLink({
  variant,
  small,
  href,
  children,
}: Shape & { href: string; children: React.ReactNode }) {
  return (
    <Link href={href} className={classOf({ variant, small })}>
      {children}
    </Link>
  );
}

/** A button with an icon only. Its label is read by screen readers and shown on hover. */
export function IconButton({
  label,
  refusal,
  className,
  disabled,
  onClick,
  ...props
}: { label: string } & Refusable & Omit<ComponentProps<'button'>, 'aria-label' | 'title'>) {
  return (
    <button
      type="button"
      aria-label={label}
      title={refusal ?? label}
      {...props}
      {...switchedOff(Boolean(disabled || refusal), onClick)}
      className={['icon-button', className].filter(Boolean).join(' ')}
    />
  );
}
