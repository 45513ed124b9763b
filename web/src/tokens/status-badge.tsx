import { Badge, type Tone } from '../components/badge.tsx';
import type { TokenStatus } from '../generated/hooks.ts';
import { STATUS_NAMES } from '../labels.ts';

const TONES: Record<TokenStatus, Tone> = {
  ACTIVE: 'success',
  DISABLED: 'plain',
  EXPIRED: 'danger',
  REVOKED: 'plain',
};

/** Whether a token works, in a word. */
export function StatusBadge({ status }: { status: TokenStatus }) {
  return <Badge tone={TONES[status]}>{STATUS_NAMES[status]}</Badge>;
}
