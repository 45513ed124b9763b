import { DAY } from './duration.ts';

/** What is bounded, each configurable. Durations are milliseconds. */
export interface Limits {
  readonly tokensPerUser: number;
  readonly tokensPerWorkspace: number;
  readonly scopesPerToken: number;
  readonly streamsPerCredential: number;
  readonly sharesPerChannel: number;
  readonly entityTypesPerWorkspace: number;
  /** Messages kept a channel; the oldest make room. */
  readonly messagesKept: number;
  /** The longest that a personal token may live. */
  readonly personalTokenLifetime: number;
  readonly sessionLifetime: number;
  readonly invitationLifetime: number;
  /** How long audit rows are kept; `null` for ever. */
  readonly auditRetention: number | null;
}

export const DEFAULT_LIMITS: Limits = Object.freeze({
  tokensPerUser: 100,
  tokensPerWorkspace: 1000,
  scopesPerToken: 64,
  streamsPerCredential: 20,
  sharesPerChannel: 1000,
  entityTypesPerWorkspace: 100,
  messagesKept: 10_000,
  personalTokenLifetime: 366 * DAY,
  sessionLifetime: 14 * DAY,
  invitationLifetime: 7 * DAY,
  auditRetention: 400 * DAY,
});
