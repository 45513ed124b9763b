import { DAY } from './duration.ts';

/** What is bounded, each configurable. Durations are milliseconds. */
export interface Limits {
  readonly tokensPerUser: number;
  readonly tokensPerWorkspace: number;
  readonly scopesPerToken: number;
  readonly streamsPerCredential: number;
  /** The longest that a personal token may live. */
  readonly personalTokenLifetime: number;
  readonly sessionLifetime: number;
  readonly invitationLifetime: number;
}

export const DEFAULT_LIMITS: Limits = Object.freeze({
  tokensPerUser: 100,
  tokensPerWorkspace: 1000,
  scopesPerToken: 64,
  streamsPerCredential: 20,
  personalTokenLifetime: 366 * DAY,
  sessionLifetime: 14 * DAY,
  invitationLifetime: 7 * DAY,
});
