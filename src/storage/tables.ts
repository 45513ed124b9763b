import type { ColumnType } from 'kysely';

/** A column that never changes after the insert. */
type Fixed<T> = ColumnType<T, T, never>;

interface UsersTable {
  id: Fixed<string>;
  email: string;
  /** `null` while the address is unverified. */
  email_verified_at: number | null;
  name: string;
  /** `null` for a user who signs in with a provider only. */
  password_hash: string | null;
  password_temporary: ColumnType<number, number | undefined, number>;
  /** 1 if the operator made the account for signing in with a password. */
  is_local: ColumnType<number, number | undefined, never>;
  created_at: Fixed<number>;
  deactivated_at: number | null;
  /** Who deactivated the user: `OPERATOR` or `DIRECTORY`. */
  deactivated_by: string | null;
  /** A JSON Web Token that was issued in the second of this instant or before is refused. */
  credentials_not_before: number | null;
  /** When the user last signed in; `null` before the first time. */
  signed_in_at: number | null;
}

interface SessionsTable {
  id: Fixed<string>;
  user_id: Fixed<string>;
  digest: string;
  created_at: Fixed<number>;
  expires_at: number;
  authenticated_at: number;
  ip: Fixed<string | null>;
  user_agent: Fixed<string | null>;
  /** The identity that the user signed in with; `null` after a sign-in with a password. */
  identity_id: string | null;
  /** The id of the session at the provider, by which the provider ends it. */
  provider_session: Fixed<string | null>;
  /** The name of the command line that has the session; `null` for a browser. */
  command_line: Fixed<string | null>;
}

interface DeviceRequestsTable {
  /** Of the device code. */
  digest: Fixed<string>;
  user_code_digest: Fixed<string>;
  client_id: Fixed<string>;
  client_name: Fixed<string>;
  address: Fixed<string | null>;
  /** JSON. */
  scopes: Fixed<string>;
  created_at: Fixed<number>;
  expires_at: Fixed<number>;
  poll_interval: number;
  polled_at: number | null;
  status: string;
  /** The session that answered. */
  session_id: string | null;
  /** JSON of the token to create. */
  token: string | null;
}

interface IdentitiesTable {
  id: Fixed<string>;
  user_id: Fixed<string>;
  provider: Fixed<string>;
  /** Only a directory changes it. */
  subject: ColumnType<string, string, string>;
  linked_at: Fixed<number>;
  last_used_at: number | null;
  /** When the directory made the person inactive; `null` while they are active. */
  suspended_at: number | null;
  /** When the directory deleted the person; `null` while it has them. */
  removed_at: number | null;
  /** Who stated the groups, and when; `null` if nothing did. */
  groups_source: string | null;
  groups_at: number | null;
}

interface IdentityGroupsTable {
  identity_id: Fixed<string>;
  name: Fixed<string>;
}

interface GroupRolesTable {
  workspace_id: Fixed<string>;
  provider: Fixed<string>;
  group_name: Fixed<string>;
  /** A rank below that of Owner. */
  role: number;
}

interface MemberExclusionsTable {
  workspace_id: Fixed<string>;
  user_id: Fixed<string>;
  excluded_at: Fixed<number>;
}

interface UsedJwtsTable {
  /** Of the use, the issuer and the id of the token together or, without an id, what its signature covers. */
  digest: Fixed<string>;
  expires_at: Fixed<number>;
}

interface ProviderSignInsTable {
  /** Of the state and the secret of the browser together. */
  digest: Fixed<string>;
  intent: Fixed<string>;
  /** The signed-in user who began it; `null` for a sign-in. */
  user_id: Fixed<string | null>;
  return_to: Fixed<string>;
  provider: Fixed<string>;
  subject: Fixed<string>;
  email: Fixed<string | null>;
  /** 0 or 1; `null` if the provider does not say. */
  email_verified: Fixed<number | null>;
  name: Fixed<string | null>;
  provider_session: Fixed<string | null>;
  authenticated_at: Fixed<number>;
  /** A JSON list; `null` if the groups stay as they are. */
  groups: Fixed<string | null>;
  issued_at: Fixed<number>;
  expires_at: Fixed<number>;
}

interface ResetLinksTable {
  user_id: Fixed<string>;
  digest: string;
  /** `RESET` or `SIGN_IN`. */
  purpose: string;
  keeps_tokens: number;
  created_at: number;
  expires_at: number;
}

interface DirectoryGroupsTable {
  id: Fixed<string>;
  provider: Fixed<string>;
  name: string;
  external_id: string | null;
  renamed_to: string | null;
  created_at: Fixed<number>;
}

interface ScimCredentialsTable {
  id: Fixed<string>;
  provider: Fixed<string>;
  digest: Fixed<string>;
  created_at: Fixed<number>;
  /** Set on the old credential of an overlap. */
  valid_until: number | null;
}

interface WorkspacesTable {
  id: Fixed<string>;
  name: string;
  slug: string;
  created_at: Fixed<number>;
  /** The user whose limit on workspaces it counts against. */
  created_by: Fixed<string | null>;
  personal_tokens: string;
  max_lifetime: number | null;
  owner_seen_within: number | null;
  /** 0 or 1. */
  require_expiry: number;
  /** One bit for each rank. */
  token_roles: number;
  /** When it was deleted: then it counts as absent, and its rows are being deleted. */
  deleted_at: ColumnType<number | null, number | null | undefined, number>;
}

interface FederationsTable {
  id: Fixed<string>;
  workspace_id: Fixed<string>;
  created_by: Fixed<string | null>;
  /** The parent of its tokens. A change replaces it. */
  grant_id: string;
  name: string;
  issuer: Fixed<string>;
  audience: Fixed<string>;
  /** A JSON list. */
  claims: string;
  /** A rank. */
  role: number;
  /** A JSON list; `null` for all that the role allows. */
  scopes: string | null;
  max_lifetime: number;
  /** 0 or 1. */
  single_use: number;
  created_at: Fixed<number>;
  last_used_at: number | null;
}

interface MembersTable {
  workspace_id: Fixed<string>;
  user_id: Fixed<string>;
  /** A rank: the higher of `direct_role` and `group_role`. */
  role: number;
  /** The highest of `given_role` and the roles in `member_grants`; `null` if only groups give the membership. */
  direct_role: number | null;
  /** The rank that a person gave; `null` if only workspace tokens or groups gave the membership. */
  given_role: number | null;
  /** The highest rank of the groups of the member; `null` without one. */
  group_role: number | null;
  joined_at: Fixed<number>;
}

interface MemberGrantsTable {
  workspace_id: Fixed<string>;
  user_id: Fixed<string>;
  /** The workspace token that gave the role; it may be deleted. */
  granter_id: Fixed<string>;
  /** The granter or one of its ancestors: each has a row. */
  token_id: Fixed<string>;
  /** A rank. */
  role: number;
}

interface InvitationsTable {
  id: Fixed<string>;
  workspace_id: Fixed<string>;
  email: Fixed<string>;
  role: number;
  digest: string;
  invited_by: string | null;
  /** The workspace token that created it. It may be deleted; then the invitation is deleted soon. */
  invited_by_token: string | null;
  created_at: number;
  expires_at: number;
  /** Why it can no longer be accepted although it has not expired. */
  void_reason: string | null;
  /** The number of the last end of grants that was pending when the invitation was created; `null` if none was. */
  ends_survived: Fixed<number | null>;
}

interface TokensTable {
  id: Fixed<string>;
  kind: Fixed<string>;
  owner_id: Fixed<string | null>;
  workspace_id: Fixed<string | null>;
  created_by: Fixed<string | null>;
  parent_id: Fixed<string | null>;
  /** 1 if a token was ever derived from it, otherwise 0. A trigger sets it. */
  has_derived: ColumnType<number, never, never>;
  identifier: Fixed<string>;
  name: string;
  name_folded: string;
  description: string | null;
  search_text: string;
  /** The first characters of the current secret. */
  secret_preview: string;
  /** 1 while the current secret is an imported one, otherwise 0. */
  is_imported: ColumnType<number, number | undefined, number>;
  access: string;
  role: number | null;
  subject: string | null;
  /** A JSON object. */
  metadata: string | null;
  /** The workspace token that issued it for its subject; that token may be deleted. */
  issued_by: Fixed<string | null>;
  /** The federation that it or its ancestor comes from; that federation may be deleted. */
  federation_id: ColumnType<string | null, string | null | undefined, never>;
  /** A JSON array of CIDR blocks. */
  networks: string | null;
  requests_per_minute: number | null;
  uses: number | null;
  /** `null` if `uses` is. */
  uses_left: number | null;
  created_at: Fixed<number>;
  updated_at: number;
  issued_at: number;
  regenerated_at: number | null;
  expires_at: number | null;
  disabled_at: number | null;
  revoked_at: number | null;
  /** The highest number of a pending end when the token was created: this end and earlier ones do not concern it. */
  ends_survived: ColumnType<number | null, number | null | undefined, never>;
}

interface TokenAncestorsTable {
  token_id: Fixed<string>;
  /** It may be deleted; then the token is refused, and deleted soon. */
  ancestor_id: Fixed<string>;
}

interface PendingCascadesTable {
  /** The token that ended. It may be deleted. */
  token_id: Fixed<string>;
  user_id: string | null;
  workspace_id: string | null;
  at: number;
  /** The descendants with ids up to this one are done; empty for none. */
  after_id: string;
  /** 1 if the shares and invitations that the descendants gave are deleted too, otherwise 0. */
  deletes_grants: number;
  /** 1 while members have roles that the token and its descendants gave and that are taken back, otherwise 0. */
  takes_back: number;
  /** A JSON object. */
  actor: string;
  /** A JSON object. */
  detail: string;
}

interface PendingEndsTable {
  id: Fixed<string>;
  /** Higher than that of all earlier ends of tokens of the same user or workspace. */
  number: Fixed<number>;
  /** The user whose tokens ended; `null` for tokens of a workspace. */
  user_id: Fixed<string | null>;
  workspace_id: Fixed<string | null>;
  /** Only tokens of this subject; `null` for all. */
  subject: Fixed<string | null>;
  /** Only tokens that this user created; `null` for all. */
  created_by: Fixed<string | null>;
  /** Only tokens that this token or one of its descendants issued; `null` for all. */
  issued_by: Fixed<string | null>;
  /** Only tokens that were issued at this instant or later; `null` for all. */
  since: Fixed<number | null>;
  /** 1 if the tokens are deleted, 0 if they are revoked. */
  deletes: Fixed<number>;
  /** 1 if the shares and invitations that the tokens gave are deleted too, otherwise 0. */
  deletes_grants: Fixed<number>;
  at: Fixed<number>;
  /** The tokens up to this instant of creation and id are done. */
  after_at: number;
  after_id: string;
  /** A JSON object. */
  actor: Fixed<string>;
  /** A JSON object. */
  detail: Fixed<string>;
}

interface PendingGrantEndsTable {
  id: Fixed<string>;
  /** Higher than the `ends_survived` of everything that it concerns. */
  number: Fixed<number>;
  kind: Fixed<'SHARES' | 'INVITATIONS'>;
  /** The user who gave them, or the owner of the token that did; `null` for a workspace. */
  user_id: Fixed<string | null>;
  /** The workspace of the token that gave them, or of the recipient. */
  workspace_id: Fixed<string | null>;
  /** Only what this token gave. It may be deleted. */
  token_id: Fixed<string | null>;
  /** Only what this user was given in the workspace. */
  recipient_id: Fixed<string | null>;
  at: Fixed<number>;
  /** A JSON object; `null` if no audit events are written. */
  actor: Fixed<string | null>;
}

interface TokenIssuersTable {
  token_id: Fixed<string>;
  /** The issuer or one of its ancestors: each has a row. It may be deleted. */
  issuer_id: Fixed<string>;
}

/** Written by triggers only. */
interface TokenCountsTable {
  holder_id: Fixed<string>;
  state: Fixed<string>;
  period: Fixed<number>;
  amount: number;
}

interface TokenSecretsTable {
  digest: Fixed<string>;
  token_id: Fixed<string>;
  /** Set on the old secret of an overlap. */
  valid_until: number | null;
}

/** Rows outlive their tokens. */
interface ImportedSecretsTable {
  digest: Fixed<string>;
  /** The number of the import, from 1. */
  sequence: Fixed<number>;
  /** A user or a workspace; it may be deleted. */
  holder_id: Fixed<string>;
}

interface TokenScopesTable {
  id: Fixed<string>;
  token_id: Fixed<string>;
  entity_type: Fixed<string>;
  entity_id: Fixed<string | null>;
  workspace_id: Fixed<string | null>;
  /** Names, separated by spaces. */
  operations: Fixed<string>;
}

interface TokenSnapshotsTable {
  digest: Fixed<string>;
  token_id: Fixed<string>;
  /** The owner of a personal token; `null` for a workspace token. */
  user_id: Fixed<string | null>;
  ancestor_count: Fixed<number>;
  /** JSON. */
  content: Fixed<string>;
}

interface CredentialUsesTable {
  credential_id: Fixed<string>;
  /** The user or workspace that a token belongs to; `null` for a session. A trigger sets it. */
  holder_id: Fixed<string | null>;
  /** 0 for a token that has not been used. */
  at: number;
  ip: string | null;
  user_agent: string | null;
}

interface AttemptCountersTable {
  key: Fixed<string>;
  attempts: number;
  resets_at: number;
}

interface AuditEventsTable {
  id: Fixed<string>;
  at: Fixed<number>;
  action: Fixed<string>;
  /** The user whose account log shows it. */
  user_id: Fixed<string | null>;
  /** The workspace whose log shows it. */
  workspace_id: Fixed<string | null>;
  actor_kind: Fixed<string | null>;
  actor_id: Fixed<string | null>;
  actor_token_id: Fixed<string | null>;
  /** A global id. */
  target_id: Fixed<string | null>;
  ip: Fixed<string | null>;
  user_agent: Fixed<string | null>;
  detail: Fixed<string>;
}

interface ChannelsTable {
  id: Fixed<string>;
  workspace_id: Fixed<string>;
  name: string;
  description: string | null;
  /** The sequence of the newest message; 0 before the first. */
  last_sequence: number;
  /** The bytes of all payloads ever published to the channel. */
  bytes_published: ColumnType<number, number | undefined, number>;
  created_at: Fixed<number>;
  updated_at: number;
}

interface ChannelSharesTable {
  channel_id: Fixed<string>;
  user_id: Fixed<string>;
  /** The id of the granting token, or of the granting person if there is no token. */
  granter_id: Fixed<string>;
  /** The granting person, or the owner of the granting token; `null` if a workspace token gave the share. */
  granted_by: Fixed<string | null>;
  /** It may be deleted; then the row is deleted soon. */
  granted_by_token: Fixed<string | null>;
  operation: Fixed<string>;
  /** The number of the last end of grants that was pending when the share was given; `null` if none was. */
  ends_survived: Fixed<number | null>;
}

interface MessagesTable {
  id: Fixed<string>;
  channel_id: Fixed<string>;
  sequence: Fixed<number>;
  /** JSON. */
  payload: Fixed<string>;
  /** The bytes of all payloads published to the channel before this message. */
  bytes_before: Fixed<number>;
  published_at: Fixed<number>;
  publisher_id: string | null;
}

interface EntityTypesTable {
  workspace_id: Fixed<string>;
  name: Fixed<string>;
  description: string | null;
}

interface EntityOperationsTable {
  workspace_id: Fixed<string>;
  entity_type: Fixed<string>;
  name: Fixed<string>;
  description: Fixed<string | null>;
  role: Fixed<number>;
}

interface ClockMarkTable {
  id: Fixed<number>;
  at: number;
}

/** Servers that hold stream slots, on PostgreSQL. */
interface StreamServersTable {
  id: Fixed<string>;
  lease_until: number;
}

interface StreamSlotsTable {
  credential_id: Fixed<string>;
  slot: Fixed<number>;
  server_id: Fixed<string>;
}

interface InstallationTable {
  /** Always 1. */
  singleton: Fixed<number>;
  id: Fixed<string>;
}

/** The tables after the newest migration. */
export interface Tables {
  installation: InstallationTable;
  users: UsersTable;
  sessions: SessionsTable;
  reset_links: ResetLinksTable;
  scim_credentials: ScimCredentialsTable;
  directory_groups: DirectoryGroupsTable;
  identities: IdentitiesTable;
  provider_sign_ins: ProviderSignInsTable;
  used_jwts: UsedJwtsTable;
  device_requests: DeviceRequestsTable;
  workspaces: WorkspacesTable;
  identity_groups: IdentityGroupsTable;
  group_roles: GroupRolesTable;
  member_exclusions: MemberExclusionsTable;
  federations: FederationsTable;
  members: MembersTable;
  member_grants: MemberGrantsTable;
  invitations: InvitationsTable;
  tokens: TokensTable;
  token_ancestors: TokenAncestorsTable;
  pending_cascades: PendingCascadesTable;
  pending_ends: PendingEndsTable;
  pending_grant_ends: PendingGrantEndsTable;
  token_issuers: TokenIssuersTable;
  token_counts: TokenCountsTable;
  token_secrets: TokenSecretsTable;
  imported_secrets: ImportedSecretsTable;
  token_scopes: TokenScopesTable;
  token_snapshots: TokenSnapshotsTable;
  credential_uses: CredentialUsesTable;
  attempt_counters: AttemptCountersTable;
  audit_events: AuditEventsTable;
  channels: ChannelsTable;
  channel_shares: ChannelSharesTable;
  messages: MessagesTable;
  entity_types: EntityTypesTable;
  entity_operations: EntityOperationsTable;
  clock_mark: ClockMarkTable;
  stream_servers: StreamServersTable;
  stream_slots: StreamSlotsTable;
}
