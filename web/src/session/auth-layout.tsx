import { type ReactNode, useEffect } from 'react';
import { Badge } from '../components/badge.tsx';
import { Logo } from '../components/icons.tsx';
import { IS_BETA } from '../version.ts';
import './auth-layout.css';

/** The layout of sign-in and invitation pages: one card below the logo. */
export function AuthLayout({
  title,
  footer,
  children,
}: {
  title: string;
  footer?: ReactNode;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Postern`;
  }, [title]);
  return (
    <main className="auth" tabIndex={-1}>
      <div className="auth-brand">
        <Logo />
        Postern
        {IS_BETA && <Badge>Beta</Badge>}
      </div>
      <div className="auth-card">
        <h1>{title}</h1>
        {children}
      </div>
      {footer && <p className="muted">{footer}</p>}
    </main>
  );
}
