import type { IdentityProvider } from '../../domain/accounts/identity-provider.ts';
import type { Logger } from '../../platform/logger.ts';
import type { StatedGroups } from './claims.ts';

/** Logs that the groups of a person could not be read from claims. The text of the claims is not part of it. */
export function warnOfGroups(
  { id, groupsClaim }: IdentityProvider,
  stated: StatedGroups,
  logger: Logger,
): void {
  const detail = { provider: id, claim: groupsClaim };
  if (stated === 'TOO_MANY') {
    logger.warn(
      detail,
      'a provider does not list the groups of a person, who has too many: they stay as they were',
    );
  }
  if (stated === 'UNREADABLE') {
    logger.warn(detail, 'the groups of a person are not a list of texts: the claim is ignored');
  }
}
