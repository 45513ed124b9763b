import type { ComponentProps } from 'react';
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

/** A button. While busy it is disabled and marked `aria-busy`. */
export function Button({
  variant,
  small,
  busy,
  refusal,
  className,
  ...props
}: Shape & Refusable & { busy?: boolean } & ComponentProps<'button'>) {
  return (
    <button
      type="button"
      aria-busy={busy || undefined}
      title={refusal ?? undefined}
      {...props}
      disabled={props.disabled || busy || Boolean(refusal)}
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
  ...props
}: { label: string } & Refusable & Omit<ComponentProps<'button'>, 'aria-label' | 'title'>) {
  return (
    <button
      type="button"
      aria-label={label}
      title={refusal ?? label}
      {...props}
      disabled={props.disabled || Boolean(refusal)}
      className={['icon-button', className].filter(Boolean).join(' ')}
    />
  );
}
