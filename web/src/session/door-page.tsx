import { type ReactNode, useEffect } from 'react';
import { Logo } from '../components/icons.tsx';
import './door-page.css';

/** A page in front of the console: one card with the name of the house above it. */
export function DoorPage({
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
    <main className="door">
      <div className="door-brand">
        <Logo />
        Postern
      </div>
      <div className="door-card">
        <h1>{title}</h1>
        {children}
      </div>
      {footer && <p className="muted">{footer}</p>}
    </main>
  );
}
