/** The page or mailbox for feedback that the operator configured; `null` if there is none. */
export const FEEDBACK_URL =
  document.querySelector<HTMLMetaElement>('meta[name="postern-feedback"]')?.content ?? null;

/** Opens the page for feedback in a new tab, or a new message to the mailbox. */
export function openFeedback(url: string): void {
  if (url.startsWith('mailto:')) window.location.assign(url);
  else window.open(url, '_blank', 'noopener');
}

/** Asks at the end of a page of help whether it helped; nothing if there is no address for feedback. */
export function FeedbackQuestion() {
  if (FEEDBACK_URL === null) return null;
  return (
    <p className="muted">
      Was this helpful?{' '}
      <a href={FEEDBACK_URL} target="_blank" rel="noopener noreferrer">
        Send feedback
      </a>
    </p>
  );
}
