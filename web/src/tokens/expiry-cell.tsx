import { WarningIcon } from '../components/icons.tsx';
import { formatDistance, formatExact, Time, useNow } from '../components/time.tsx';
import type { TokenRowFragment } from '../generated/hooks.ts';

const SOON_MS = 7 * 86_400_000;

/** When a token expires. The text is red if it has expired and amber if it expires soon; a token without expiry gets a warning icon. */
export function ExpiryCell({ token }: { token: Pick<TokenRowFragment, 'expiresAt' | 'status'> }) {
  const { expiresAt, status } = token;
  const now = useNow();
  if (!expiresAt) {
    return (
      <span className="expiry-never" title="A token that never expires stays a risk wherever it is stored">
        <WarningIcon />
        Never
      </span>
    );
  }
  const instant = new Date(expiresAt);
  if (status === 'EXPIRED' || (status === 'ACTIVE' && instant.getTime() <= now)) {
    return (
      <time className="expiry-expired" dateTime={expiresAt} title={`Expired ${formatExact(instant)}`}>
        Expired {formatDistance(instant, now)}
      </time>
    );
  }
  if (status === 'ACTIVE' && instant.getTime() - now < SOON_MS) {
    return (
      <time className="expiry-soon" dateTime={expiresAt} title={formatExact(instant)}>
        {formatDistance(instant, now)}
      </time>
    );
  }
  return <Time value={expiresAt} />;
}
