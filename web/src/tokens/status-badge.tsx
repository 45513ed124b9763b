import { Badge, type Tone } from '../components/badge.tsx';
import type { TokenAccess, TokenStatus } from '../generated/hooks.ts';
import { ACCESS_NAMES, STATUS_NAMES } from '../labels.ts';

const TONES: Record<TokenStatus, Tone> = {
  ACTIVE: 'success',
  DISABLED: 'plain',
  EXPIRED: 'danger',
  REVOKED: 'plain',
  USED_UP: 'danger',
};

/** The status of a token as a badge. A token without access works for nothing, so its badge is neutral. */
export function StatusBadge({ status, access }: { status: TokenStatus; access: TokenAccess }) {
  if (status === 'ACTIVE' && access === 'NONE') return <Badge>{ACCESS_NAMES.NONE}</Badge>;
  return <Badge tone={TONES[status]}>{STATUS_NAMES[status]}</Badge>;
}
