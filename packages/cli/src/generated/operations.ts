/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** The personal token to create. */
export type CreateTokenInput = {
  /** The access level of the token. */
  access?: TokenAccess;
  /** The description, up to 500 characters. */
  description?: string | null | undefined;
  /** When the token expires. Default: 30 days from now; for a derived token, the expiry of its parent. */
  expires?: ExpiryInput | null | undefined;
  /** The limits of the token. Default: none. */
  limits?: TokenLimitsInput | null | undefined;
  /** The name, 1 to 100 characters; not unique. */
  name: string;
  /** The scopes. Required if access is SCOPED, refused otherwise. An empty list is allowed. */
  scopes?: Array<TokenScopeInput> | null | undefined;
};

/** When a token expires. Set exactly one field. */
export type ExpiryInput =
  {   /** The lifetime from now, such as P90D. */
  after: string; at?: never; never?: never; }
  |  { after?: never;   /** The instant of expiry. */
  at: string; never?: never; }
  |  { after?: never; at?: never;   /** Set to true for a token that never expires, if the token policy allows it. */
  never: boolean; };

/** The kind of caller. */
export type PrincipalKind =
  /** A directory, by SCIM; in the audit log only. */
  | 'DIRECTORY'
  /** The operator, on the command line; in the audit log only. */
  | 'OPERATOR'
  /** A personal token. */
  | 'PERSONAL_TOKEN'
  /** A signed-in user. */
  | 'SESSION'
  /** A workspace token. */
  | 'WORKSPACE_TOKEN';

/** The token and its new expiry. */
export type RegenerateTokenInput = {
  /** When the new secret expires. Default: the same lifetime as the previous secret. A call with a token keeps the expiry. */
  expires?: ExpiryInput | null | undefined;
  /** The id of the token. */
  id: string;
  /** How long the old secret keeps working, at most 7 days. It stops as soon as the new one is used. Default: the old secret stops immediately. */
  overlap?: string | null | undefined;
};

/** A role in a workspace, from lowest to highest: VIEWER, TEAM_MEMBER, WORKSPACE_MANAGER, ADMINISTRATOR, OWNER. Each role includes the permissions of the lower roles. */
export type Role =
  /** Disables, revokes and deletes workspace tokens, manages members, sets the token policy, reads the audit log. */
  | 'ADMINISTRATOR'
  /** Deletes the workspace, appoints and removes Owners. */
  | 'OWNER'
  /** All operations on channels. */
  | 'TEAM_MEMBER'
  /** Reads the workspace, its members and its tokens; reads, lists and subscribes to channels. */
  | 'VIEWER'
  /** Creates and edits workspace tokens, invites members, renames the workspace. */
  | 'WORKSPACE_MANAGER';

/** The access level of a token. */
export type TokenAccess =
  /** Allows what its owner is allowed to do at the time of the request, except managing tokens and what requires a role or a session. */
  | 'FULL'
  /** Allows nothing: every request with the token is refused with TOKEN_NO_ACCESS. The default. */
  | 'NONE'
  /** Allows what its role is allowed to do in its workspace. Workspace tokens only. */
  | 'ROLE'
  /** Allows what its scopes list, as far as its owner is allowed to do it at the time of the request. */
  | 'SCOPED';

/** Filters for a list of tokens. A token must match every filter. */
export type TokenFilter = {
  /** Only tokens with one of these access levels. Default: every access level. */
  access?: Array<TokenAccess> | null | undefined;
  /** Only tokens that this user created. Does not match tokens that a workspace token created. */
  createdBy?: string | null | undefined;
  /** Only tokens that expire before this instant. */
  expiresBefore?: string | null | undefined;
  /** Only tokens that this token, or one derived from it, created for a subject. */
  issuedBy?: string | null | undefined;
  /** Only tokens whose name, description or identifier contains this text, ignoring case. In a list of a user or workspace with more than 1,000 tokens: whose name begins with this text, or whose identifier is this text. */
  search?: string | null | undefined;
  /** Only tokens with one of these statuses. Default: every status. */
  status?: Array<TokenStatus> | null | undefined;
  /** Only tokens that stand for exactly this subject. */
  subject?: string | null | undefined;
  /** Only tokens that have not been used since this instant. */
  unusedSince?: string | null | undefined;
};

/** The kind of owner that a token has. */
export type TokenKind =
  /** Belongs to a user. Allows at most what the user is allowed to do. */
  | 'PERSONAL'
  /** Belongs to a workspace and has a role in it. */
  | 'WORKSPACE';

/** What limits the requests of a token, besides the limits of the tokens that it derives from. A field that is null or absent limits nothing; when a token is derived, it is taken from its parent. */
export type TokenLimitsInput = {
  /** CIDR blocks or IP addresses that a request must come from, 1 to 64, such as 192.0.2.0/24 or 2001:db8::/32. */
  networks?: Array<string> | null | undefined;
  /** The most requests in a minute, for each server process of Postern. */
  requestsPerMinute?: number | null | undefined;
  /** The most uses. An allowed verification is a use, and so is a GraphQL request of which a field was granted, viewer itself excepted. */
  uses?: number | null | undefined;
};

/** Operations that a token is allowed to perform, on one entity of a type or on all of them, in one workspace or in all. */
export type TokenScopeInput = {
  /** The id of the entity. Default: every entity of the type. */
  entityId?: string | null | undefined;
  /** Instead of entityId, on a registered type: the beginning of ids, up to a / or :, and then a star, such as acme/*. */
  entityPattern?: string | null | undefined;
  /** The entity type. */
  entityType: string;
  /** The operations, at least one. The entity type must support each of them. */
  operations: Array<'CREATE' | 'READ' | 'LIST' | 'UPDATE' | 'DELETE' | 'SHARE' | 'UNSHARE' | 'PUBLISH' | 'SUBSCRIBE' | (string & {})>;
  /** The id of the workspace; required for a registered entity type. Default: every workspace of the owner. */
  workspaceId?: string | null | undefined;
};

/** The status of a token. If several apply, the first of REVOKED, DISABLED, EXPIRED and USED_UP takes precedence. */
export type TokenStatus =
  /** The token works. */
  | 'ACTIVE'
  /** The token, or a token that it derives from, is disabled. It can be enabled again. */
  | 'DISABLED'
  /** The token has expired. It can be regenerated. */
  | 'EXPIRED'
  /** The secret is permanently invalid. The token can be regenerated with a new one. */
  | 'REVOKED'
  /** The uses of the token, or of a token that it derives from, are spent. New limits give it new ones. */
  | 'USED_UP';

/** The token and its new values. Omitted fields keep their value. The secret and the expiry do not change. */
export type UpdateTokenInput = {
  /** The access level of the token; ROLE or SCOPED for a workspace token. */
  access?: TokenAccess | null | undefined;
  /** The description, up to 500 characters. Null removes it. */
  description?: string | null | undefined;
  /** The id of the token. */
  id: string;
  /** The new limits. They replace all others, and all uses are left again; null removes them. A token cannot loosen its own. */
  limits?: TokenLimitsInput | null | undefined;
  /** The metadata of a workspace token. It replaces the previous one; null removes it. */
  metadata?: Record<string, unknown> | null | undefined;
  /** The name, 1 to 100 characters. */
  name?: string | null | undefined;
  /** The role of a workspace token; at most the caller's own. A token can set only its own role and those of its descendants. */
  role?: Role | null | undefined;
  /** The new scopes. They replace all others. */
  scopes?: Array<TokenScopeInput> | null | undefined;
  /** The subject of a workspace token. Null removes it. */
  subject?: string | null | undefined;
};

export type TokenPartsFragment = { id: string, identifier: string, name: string, description: string | null, kind: TokenKind, status: TokenStatus, access: TokenAccess, createdAt: string, expiresAt: string | null, lastUsedAt: string | null, maskedSecret: string, scopes: Array<{ entityType: string, entityId: string | null, entityPattern: string | null, workspaceId: string | null, operations: Array<'CREATE' | 'READ' | 'LIST' | 'UPDATE' | 'DELETE' | 'SHARE' | 'UNSHARE' | 'PUBLISH' | 'SUBSCRIBE' | (string & {})> }> };

export type WhoamiQueryVariables = Exact<{ [key: string]: never; }>;


export type WhoamiQuery = { viewer: { kind: PrincipalKind, user: { id: string, name: string, email: string } | null, token: { id: string, name: string, access: TokenAccess, expiresAt: string | null } | null } | null };

export type SessionsQueryVariables = Exact<{ [key: string]: never; }>;


export type SessionsQuery = { viewer: { sessions: Array<{ current: boolean, expiresAt: string }> } | null };

export type ListTokensQueryVariables = Exact<{
  filter?: TokenFilter | null | undefined;
  after?: string | null | undefined;
}>;


export type ListTokensQuery = { tokens: { nodes: Array<{ id: string, identifier: string, name: string, description: string | null, kind: TokenKind, status: TokenStatus, access: TokenAccess, createdAt: string, expiresAt: string | null, lastUsedAt: string | null, maskedSecret: string, scopes: Array<{ entityType: string, entityId: string | null, entityPattern: string | null, workspaceId: string | null, operations: Array<'CREATE' | 'READ' | 'LIST' | 'UPDATE' | 'DELETE' | 'SHARE' | 'UNSHARE' | 'PUBLISH' | 'SUBSCRIBE' | (string & {})> }> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type ShowTokenQueryVariables = Exact<{
  id: string;
}>;


export type ShowTokenQuery = { token: { id: string, identifier: string, name: string, description: string | null, kind: TokenKind, status: TokenStatus, access: TokenAccess, createdAt: string, expiresAt: string | null, lastUsedAt: string | null, maskedSecret: string, scopes: Array<{ entityType: string, entityId: string | null, entityPattern: string | null, workspaceId: string | null, operations: Array<'CREATE' | 'READ' | 'LIST' | 'UPDATE' | 'DELETE' | 'SHARE' | 'UNSHARE' | 'PUBLISH' | 'SUBSCRIBE' | (string & {})> }> } | null };

export type CanQueryVariables = Exact<{
  operation: 'CREATE' | 'READ' | 'LIST' | 'UPDATE' | 'DELETE' | 'SHARE' | 'UNSHARE' | 'PUBLISH' | 'SUBSCRIBE' | (string & {});
  entityType: string;
  entityId?: string | null | undefined;
  workspaceId?: string | null | undefined;
}>;


export type CanQuery = { viewer: { can: { allowed: boolean, reason: string | null } } | null };

export type ScopesForQueryVariables = Exact<{
  document: string;
  operationName?: string | null | undefined;
  variables?: unknown;
}>;


export type ScopesForQuery = { scopesFor: { possible: boolean, scopes: Array<{ entityType: string, operations: Array<'CREATE' | 'READ' | 'LIST' | 'UPDATE' | 'DELETE' | 'SHARE' | 'UNSHARE' | 'PUBLISH' | 'SUBSCRIBE' | (string & {})>, entityId: string | null, workspaceId: string | null }>, obstacles: Array<{ path: Array<string>, reason: string }> } | null };

export type CreateTokenMutationVariables = Exact<{
  input: CreateTokenInput;
}>;


export type CreateTokenMutation = { createToken: { secret: string, token: { id: string, identifier: string, name: string, description: string | null, kind: TokenKind, status: TokenStatus, access: TokenAccess, createdAt: string, expiresAt: string | null, lastUsedAt: string | null, maskedSecret: string, scopes: Array<{ entityType: string, entityId: string | null, entityPattern: string | null, workspaceId: string | null, operations: Array<'CREATE' | 'READ' | 'LIST' | 'UPDATE' | 'DELETE' | 'SHARE' | 'UNSHARE' | 'PUBLISH' | 'SUBSCRIBE' | (string & {})> }> } | null } | null };

export type UpdateTokenMutationVariables = Exact<{
  input: UpdateTokenInput;
}>;


export type UpdateTokenMutation = { updateToken: { token: { id: string, identifier: string, name: string, description: string | null, kind: TokenKind, status: TokenStatus, access: TokenAccess, createdAt: string, expiresAt: string | null, lastUsedAt: string | null, maskedSecret: string, scopes: Array<{ entityType: string, entityId: string | null, entityPattern: string | null, workspaceId: string | null, operations: Array<'CREATE' | 'READ' | 'LIST' | 'UPDATE' | 'DELETE' | 'SHARE' | 'UNSHARE' | 'PUBLISH' | 'SUBSCRIBE' | (string & {})> }> } | null } | null };

export type RegenerateTokenMutationVariables = Exact<{
  input: RegenerateTokenInput;
}>;


export type RegenerateTokenMutation = { regenerateToken: { secret: string, token: { id: string, identifier: string, name: string, description: string | null, kind: TokenKind, status: TokenStatus, access: TokenAccess, createdAt: string, expiresAt: string | null, lastUsedAt: string | null, maskedSecret: string, scopes: Array<{ entityType: string, entityId: string | null, entityPattern: string | null, workspaceId: string | null, operations: Array<'CREATE' | 'READ' | 'LIST' | 'UPDATE' | 'DELETE' | 'SHARE' | 'UNSHARE' | 'PUBLISH' | 'SUBSCRIBE' | (string & {})> }> } | null } | null };

export type DisableTokenMutationVariables = Exact<{
  id: string;
}>;


export type DisableTokenMutation = { disableToken: { token: { id: string, identifier: string, name: string, description: string | null, kind: TokenKind, status: TokenStatus, access: TokenAccess, createdAt: string, expiresAt: string | null, lastUsedAt: string | null, maskedSecret: string, scopes: Array<{ entityType: string, entityId: string | null, entityPattern: string | null, workspaceId: string | null, operations: Array<'CREATE' | 'READ' | 'LIST' | 'UPDATE' | 'DELETE' | 'SHARE' | 'UNSHARE' | 'PUBLISH' | 'SUBSCRIBE' | (string & {})> }> } | null } | null };

export type EnableTokenMutationVariables = Exact<{
  id: string;
}>;


export type EnableTokenMutation = { enableToken: { token: { id: string, identifier: string, name: string, description: string | null, kind: TokenKind, status: TokenStatus, access: TokenAccess, createdAt: string, expiresAt: string | null, lastUsedAt: string | null, maskedSecret: string, scopes: Array<{ entityType: string, entityId: string | null, entityPattern: string | null, workspaceId: string | null, operations: Array<'CREATE' | 'READ' | 'LIST' | 'UPDATE' | 'DELETE' | 'SHARE' | 'UNSHARE' | 'PUBLISH' | 'SUBSCRIBE' | (string & {})> }> } | null } | null };

export type RevokeTokenMutationVariables = Exact<{
  id: string;
}>;


export type RevokeTokenMutation = { revokeToken: { token: { id: string, identifier: string, name: string, description: string | null, kind: TokenKind, status: TokenStatus, access: TokenAccess, createdAt: string, expiresAt: string | null, lastUsedAt: string | null, maskedSecret: string, scopes: Array<{ entityType: string, entityId: string | null, entityPattern: string | null, workspaceId: string | null, operations: Array<'CREATE' | 'READ' | 'LIST' | 'UPDATE' | 'DELETE' | 'SHARE' | 'UNSHARE' | 'PUBLISH' | 'SUBSCRIBE' | (string & {})> }> } | null } | null };

export type DeleteTokenMutationVariables = Exact<{
  id: string;
}>;


export type DeleteTokenMutation = { deleteToken: { deletedTokenId: string } | null };

export type SignOutMutationVariables = Exact<{ [key: string]: never; }>;


export type SignOutMutation = { signOut: { signedOut: boolean } | null };

/** An operation as text, with the types of its result and of its variables. */
export interface Operation<Result, Variables> {
  readonly text: string;
  readonly types?: (variables: Variables) => Result;
}
export const Whoami: Operation<WhoamiQuery, WhoamiQueryVariables> = { text: "query Whoami {\n  viewer {\n    kind\n    user {\n      id\n      name\n      email\n    }\n    token {\n      id\n      name\n      access\n      expiresAt\n    }\n  }\n}" };
export const Sessions: Operation<SessionsQuery, SessionsQueryVariables> = { text: "query Sessions {\n  viewer {\n    sessions {\n      current\n      expiresAt\n    }\n  }\n}" };
export const ListTokens: Operation<ListTokensQuery, ListTokensQueryVariables> = { text: "query ListTokens($filter: TokenFilter, $after: String) {\n  tokens(first: 100, filter: $filter, after: $after) {\n    nodes {\n      ...TokenParts\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\nfragment TokenParts on Token {\n  id\n  identifier\n  name\n  description\n  kind\n  status\n  access\n  scopes {\n    entityType\n    entityId\n    entityPattern\n    workspaceId\n    operations\n  }\n  createdAt\n  expiresAt\n  lastUsedAt\n  maskedSecret\n}" };
export const ShowToken: Operation<ShowTokenQuery, ShowTokenQueryVariables> = { text: "query ShowToken($id: ID!) {\n  token(id: $id) {\n    ...TokenParts\n  }\n}\nfragment TokenParts on Token {\n  id\n  identifier\n  name\n  description\n  kind\n  status\n  access\n  scopes {\n    entityType\n    entityId\n    entityPattern\n    workspaceId\n    operations\n  }\n  createdAt\n  expiresAt\n  lastUsedAt\n  maskedSecret\n}" };
export const Can: Operation<CanQuery, CanQueryVariables> = { text: "query Can($operation: Operation!, $entityType: EntityType!, $entityId: ID, $workspaceId: ID) {\n  viewer {\n    can(\n      operation: $operation\n      entityType: $entityType\n      entityId: $entityId\n      workspaceId: $workspaceId\n    ) {\n      allowed\n      reason\n    }\n  }\n}" };
export const ScopesFor: Operation<ScopesForQuery, ScopesForQueryVariables> = { text: "query ScopesFor($document: String!, $operationName: String, $variables: JSON) {\n  scopesFor(\n    document: $document\n    operationName: $operationName\n    variables: $variables\n  ) {\n    possible\n    scopes {\n      entityType\n      operations\n      entityId\n      workspaceId\n    }\n    obstacles {\n      path\n      reason\n    }\n  }\n}" };
export const CreateToken: Operation<CreateTokenMutation, CreateTokenMutationVariables> = { text: "mutation CreateToken($input: CreateTokenInput!) {\n  createToken(input: $input) {\n    secret\n    token {\n      ...TokenParts\n    }\n  }\n}\nfragment TokenParts on Token {\n  id\n  identifier\n  name\n  description\n  kind\n  status\n  access\n  scopes {\n    entityType\n    entityId\n    entityPattern\n    workspaceId\n    operations\n  }\n  createdAt\n  expiresAt\n  lastUsedAt\n  maskedSecret\n}" };
export const UpdateToken: Operation<UpdateTokenMutation, UpdateTokenMutationVariables> = { text: "mutation UpdateToken($input: UpdateTokenInput!) {\n  updateToken(input: $input) {\n    token {\n      ...TokenParts\n    }\n  }\n}\nfragment TokenParts on Token {\n  id\n  identifier\n  name\n  description\n  kind\n  status\n  access\n  scopes {\n    entityType\n    entityId\n    entityPattern\n    workspaceId\n    operations\n  }\n  createdAt\n  expiresAt\n  lastUsedAt\n  maskedSecret\n}" };
export const RegenerateToken: Operation<RegenerateTokenMutation, RegenerateTokenMutationVariables> = { text: "mutation RegenerateToken($input: RegenerateTokenInput!) {\n  regenerateToken(input: $input) {\n    secret\n    token {\n      ...TokenParts\n    }\n  }\n}\nfragment TokenParts on Token {\n  id\n  identifier\n  name\n  description\n  kind\n  status\n  access\n  scopes {\n    entityType\n    entityId\n    entityPattern\n    workspaceId\n    operations\n  }\n  createdAt\n  expiresAt\n  lastUsedAt\n  maskedSecret\n}" };
export const DisableToken: Operation<DisableTokenMutation, DisableTokenMutationVariables> = { text: "mutation DisableToken($id: ID!) {\n  disableToken(input: {id: $id}) {\n    token {\n      ...TokenParts\n    }\n  }\n}\nfragment TokenParts on Token {\n  id\n  identifier\n  name\n  description\n  kind\n  status\n  access\n  scopes {\n    entityType\n    entityId\n    entityPattern\n    workspaceId\n    operations\n  }\n  createdAt\n  expiresAt\n  lastUsedAt\n  maskedSecret\n}" };
export const EnableToken: Operation<EnableTokenMutation, EnableTokenMutationVariables> = { text: "mutation EnableToken($id: ID!) {\n  enableToken(input: {id: $id}) {\n    token {\n      ...TokenParts\n    }\n  }\n}\nfragment TokenParts on Token {\n  id\n  identifier\n  name\n  description\n  kind\n  status\n  access\n  scopes {\n    entityType\n    entityId\n    entityPattern\n    workspaceId\n    operations\n  }\n  createdAt\n  expiresAt\n  lastUsedAt\n  maskedSecret\n}" };
export const RevokeToken: Operation<RevokeTokenMutation, RevokeTokenMutationVariables> = { text: "mutation RevokeToken($id: ID!) {\n  revokeToken(input: {id: $id}) {\n    token {\n      ...TokenParts\n    }\n  }\n}\nfragment TokenParts on Token {\n  id\n  identifier\n  name\n  description\n  kind\n  status\n  access\n  scopes {\n    entityType\n    entityId\n    entityPattern\n    workspaceId\n    operations\n  }\n  createdAt\n  expiresAt\n  lastUsedAt\n  maskedSecret\n}" };
export const DeleteToken: Operation<DeleteTokenMutation, DeleteTokenMutationVariables> = { text: "mutation DeleteToken($id: ID!) {\n  deleteToken(input: {id: $id}) {\n    deletedTokenId\n  }\n}" };
export const SignOut: Operation<SignOutMutation, SignOutMutationVariables> = { text: "mutation SignOut {\n  signOut {\n    signedOut\n  }\n}" };