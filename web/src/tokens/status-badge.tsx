import { Badge, type Tone } from '../components/badge.tsx';
import type { TokenStatus } from '../generated/hooks.ts';
import { STATUS_NAMES } from '../labels.ts';

const TONES: Record<TokenStatus, Tone> = {
  ACTIVE: 'success',
  DISABLED: 'plain',
  EXPIRED: 'danger',
  REVOKED: 'plain',
  USED_UP: 'danger',
};

/** The status of a token as a badge. */
export function StatusBadge({ status }: { status: TokenStatus }) {
  return <Badge tone={TONES[status]}>{STATUS_NAMES[status]}</Badge>;
}
