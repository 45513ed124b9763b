import type { ComponentProps } from 'react';
import { Link } from 'wouter';
import './button.css';

/** The visual emphasis of a button. */
export type ButtonVariant = 'primary' | 'plain' | 'quiet' | 'danger' | 'danger-quiet';

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
  className,
  ...props
}: Shape & { busy?: boolean } & ComponentProps<'button'>) {
  return (
    <button
      type="button"
      aria-busy={busy || undefined}
      {...props}
      disabled={props.disabled || busy}
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
  className,
  ...props
}: { label: string } & Omit<ComponentProps<'button'>, 'aria-label' | 'title'>) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...props}
      className={['icon-button', className].filter(Boolean).join(' ')}
    />
  );
}
