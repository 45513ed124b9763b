import { type ReactNode, useEffect, useId } from 'react';
import { Button } from './button.tsx';
import './page.css';

/** The layout of a page: its heading, which is also the window title, its actions and its content. */
export function Page({
  title,
  lead,
  actions,
  narrow,
  children,
}: {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  narrow?: boolean;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Postern`;
  }, [title]);
  return (
    <div className={narrow ? 'page page-narrow' : 'page'}>
      <header className="page-head">
        <div className="page-title">
          <h1>{title}</h1>
          {lead && <div className="page-lead">{lead}</div>}
        </div>
        {actions && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A section of a page with its own heading. */
export function Section({
  title,
  lead,
  actions,
  children,
}: {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="section">
      <header className="section-head">
        <div>
          <h2>{title}</h2>
          {lead && <p className="muted small">{lead}</p>}
        </div>
        {actions && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}

/** The actions below a form. While something is missing, the form cannot be submitted, and the text beside says why. */
export function FormActions({
  action,
  busy,
  missing,
  onCancel,
}: {
  action: string;
  busy: boolean;
  /** What is missing, as sentences; an empty string if nothing is. */
  missing: string;
  onCancel: () => void;
}) {
  const missingId = useId();
  return (
    <div className="page-actions">
      <Button
        type="submit"
        variant="primary"
        disabled={missing !== ''}
        busy={busy}
        aria-describedby={missing ? missingId : undefined}
      >
        {action}
      </Button>
      <Button variant="quiet" onClick={onCancel}>
        Cancel
      </Button>
      <p id={missingId} className="form-missing">
        {missing}
      </p>
    </div>
  );
}
