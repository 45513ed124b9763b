import { DAY, MINUTE } from './duration.ts';

/** The configurable limits. Durations are milliseconds. */
export interface Limits {
  /** Existing workspaces that a user created, including those that have other owners now. */
  readonly workspacesPerUser: number;
  readonly channelsPerWorkspace: number;
  /** At one more, the oldest session of a user ends. */
  readonly sessionsPerUser: number;
  /** Invitations that have not expired, void ones too. */
  readonly invitationsPerWorkspace: number;
  readonly tokensPerUser: number;
  readonly tokensPerWorkspace: number;
  readonly scopesPerToken: number;
  readonly streamsPerCredential: number;
  readonly sharesPerChannel: number;
  readonly entityTypesPerWorkspace: number;
  /** Messages stored per channel; the oldest are deleted first. */
  readonly messagesKept: number;
  /** Bytes of payloads stored per channel; the oldest messages are deleted first. At least the maximum of one payload. */
  readonly messageBytesKept: number;
  /** The maximum lifetime of a personal token. */
  readonly personalTokenLifetime: number;
  readonly sessionLifetime: number;
  /** How long a session stays valid without a use; `null` for its whole lifetime. */
  readonly sessionIdleTimeout: number | null;
  readonly invitationLifetime: number;
  readonly resetLinkLifetime: number;
  readonly signInLinkLifetime: number;
  /** The retention of audit rows; `null` for unlimited. */
  readonly auditRetention: number | null;
}

export const DEFAULT_LIMITS: Limits = Object.freeze({
  workspacesPerUser: 100,
  channelsPerWorkspace: 1000,
  sessionsPerUser: 100,
  invitationsPerWorkspace: 1000,
  tokensPerUser: 100,
  tokensPerWorkspace: 1000,
  scopesPerToken: 64,
  streamsPerCredential: 20,
  sharesPerChannel: 1000,
  entityTypesPerWorkspace: 100,
  messagesKept: 10_000,
  messageBytesKept: 16 * 1024 * 1024,
  personalTokenLifetime: 366 * DAY,
  sessionLifetime: 14 * DAY,
  sessionIdleTimeout: DAY,
  invitationLifetime: 7 * DAY,
  resetLinkLifetime: DAY,
  signInLinkLifetime: 10 * MINUTE,
  auditRetention: 400 * DAY,
});
