import { DAY } from './duration.ts';

/** What is bounded, each configurable. Durations are milliseconds. */
export interface Limits {
  /** Workspaces that exist and that a user created, whoever owns them now. */
  readonly workspacesPerUser: number;
  readonly channelsPerWorkspace: number;
  readonly tokensPerUser: number;
  readonly tokensPerWorkspace: number;
  readonly scopesPerToken: number;
  readonly streamsPerCredential: number;
  readonly sharesPerChannel: number;
  readonly entityTypesPerWorkspace: number;
  /** Messages kept a channel; the oldest make room. */
  readonly messagesKept: number;
  /** Bytes of the payloads kept a channel; the oldest messages make room. At least as many as a payload may have. */
  readonly messageBytesKept: number;
  /** The longest that a personal token may live. */
  readonly personalTokenLifetime: number;
  readonly sessionLifetime: number;
  readonly invitationLifetime: number;
  /** How long audit rows are kept; `null` for ever. */
  readonly auditRetention: number | null;
}

export const DEFAULT_LIMITS: Limits = Object.freeze({
  workspacesPerUser: 100,
  channelsPerWorkspace: 1000,
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
  invitationLifetime: 7 * DAY,
  auditRetention: 400 * DAY,
});
