/** An object type of the schema that a query of the console reads. */
export type ReadType = "AuditEvent" | "Channel" | "ChannelShare" | "ClaimRule" | "Decision" | "DeviceRequest" | "EntityOperation" | "Federation" | "FederationOptions" | "GroupRole" | "Identity" | "IdentityProvider" | "Invitation" | "Member" | "Message" | "ProposedScope" | "RegisteredEntityType" | "ScopeObstacle" | "ScopeProposal" | "Session" | "SignInOptions" | "Token" | "TokenLimits" | "TokenPolicy" | "TokenPolicyImpact" | "TokenPolicyImpactOwner" | "TokenRestriction" | "TokenScope" | "TokenSummary" | "User" | "Viewer" | "Workspace";
/** The name of a mutation of the console. */
export type MutationName = "AcceptInvitation" | "AddTokenScopes" | "ApproveDevice" | "ChangePassword" | "CompleteSignIn" | "CreateChannel" | "CreateFederation" | "CreateToken" | "CreateWorkspace" | "CreateWorkspaceToken" | "DeleteAllTokens" | "DeleteChannel" | "DeleteFederation" | "DeleteToken" | "DeleteWorkspace" | "DenyDevice" | "DisableToken" | "EnableToken" | "EndTokenOverlap" | "InviteMember" | "LinkIdentity" | "PublishMessage" | "Reauthenticate" | "RegenerateToken" | "RegisterEntityType" | "RemoveAllTokenScopes" | "RemoveGroupRole" | "RemoveMember" | "RemoveTokenScopes" | "ResetPassword" | "RevokeInvitation" | "RevokeOtherSessions" | "RevokeSession" | "RevokeToken" | "SetGroupRole" | "ShareChannel" | "SignIn" | "SignInWithLink" | "SignOut" | "UnlinkIdentity" | "UnregisterEntityType" | "UnshareChannel" | "UpdateChannel" | "UpdateFederation" | "UpdateMemberRole" | "UpdateToken" | "UpdateTokenPolicy" | "UpdateWorkspace";
/** The object types that each query of the console reads, by the name of the query. */
export const QUERY_TYPES: Readonly<Record<string, readonly ReadType[]>> = {
  TokenAbilities: ["Decision","Token"],
  Identities: ["Identity","IdentityProvider","SignInOptions","User","Viewer"],
  Sessions: ["Session","Viewer"],
  AccountLog: ["AuditEvent","Token","User","Viewer"],
  Channels: ["Channel","Workspace"],
  Channel: ["Channel","ChannelShare","Decision","Message","User","Viewer","Workspace"],
  DeviceRequest: ["DeviceRequest","ProposedScope"],
  Federations: ["ClaimRule","Federation","FederationOptions","TokenScope","Workspace"],
  Me: ["Identity","User","Viewer"],
  SignInOptions: ["IdentityProvider","SignInOptions"],
  ScopeTargets: ["Channel","EntityOperation","RegisteredEntityType","Token","Workspace"],
  WorkspaceScopeTargets: ["Channel","EntityOperation","RegisteredEntityType","Workspace"],
  ScopesForDocument: ["ProposedScope","ScopeObstacle","ScopeProposal"],
  Token: ["Token","TokenLimits","TokenPolicy","TokenRestriction","TokenScope","User","Workspace"],
  TokenHistory: ["AuditEvent","Token","User"],
  Tokens: ["Token","TokenLimits","TokenPolicy","TokenRestriction","TokenSummary","User","Workspace"],
  GroupRoles: ["GroupRole","IdentityProvider","SignInOptions","Workspace"],
  Members: ["GroupRole","Member","User","Workspace"],
  Invitations: ["Invitation","User","Workspace"],
  TokensCreatedBy: ["Token","Workspace"],
  WorkspaceTokens: ["Token","TokenLimits","TokenPolicy","TokenRestriction","TokenSummary","User","Workspace"],
  WorkspaceLog: ["AuditEvent","Token","User","Workspace"],
  EntityTypes: ["EntityOperation","RegisteredEntityType","Workspace"],
  TokenPolicyImpact: ["Token","TokenPolicyImpact","TokenPolicyImpactOwner","User","Workspace"],
  Workspaces: ["Workspace"],
  SharedChannels: ["Channel","Workspace"],
  Workspace: ["TokenPolicy","Workspace"],
};
