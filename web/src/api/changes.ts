import { type MutationName, QUERY_TYPES, type ReadType } from '../generated/query-types.ts';

/** A token also decides what it shares, and which of its invitations count. */
const TOKEN: readonly ReadType[] = ['Token', 'AuditEvent', 'ChannelShare', 'Invitation'];
const CHANNEL: readonly ReadType[] = ['Channel', 'AuditEvent'];
const INVITATION: readonly ReadType[] = ['Invitation', 'AuditEvent'];
const SESSION: readonly ReadType[] = ['Session', 'AuditEvent'];
const ENTITY_TYPE: readonly ReadType[] = [
  'RegisteredEntityType',
  'TokenRestriction',
  'Decision',
  'AuditEvent',
];
const FEDERATION: readonly ReadType[] = ['Federation', 'Token', 'AuditEvent'];

/**
 * The object types that frequent mutations can change. A mutation that is not listed can change everything, such as what
 * the user is allowed to see. `test/api/console-changes.test.ts` compares every query before and after a listed one.
 */
export const CHANGES: Readonly<Partial<Record<MutationName, readonly ReadType[]>>> = {
  CreateToken: TOKEN,
  CreateWorkspaceToken: TOKEN,
  UpdateToken: TOKEN,
  RegenerateToken: TOKEN,
  EndTokenOverlap: TOKEN,
  DisableToken: TOKEN,
  EnableToken: TOKEN,
  RevokeToken: TOKEN,
  DeleteToken: TOKEN,
  DeleteAllTokens: TOKEN,
  AddTokenScopes: TOKEN,
  RemoveTokenScopes: TOKEN,
  RemoveAllTokenScopes: TOKEN,
  CreateChannel: CHANNEL,
  UpdateChannel: CHANNEL,
  DeleteChannel: CHANNEL,
  ShareChannel: CHANNEL,
  UnshareChannel: CHANNEL,
  PublishMessage: ['Message'],
  InviteMember: INVITATION,
  RevokeInvitation: INVITATION,
  RevokeSession: SESSION,
  RevokeOtherSessions: SESSION,
  RegisterEntityType: ENTITY_TYPE,
  UnregisterEntityType: ENTITY_TYPE,
  CreateFederation: FEDERATION,
  UpdateFederation: FEDERATION,
  DeleteFederation: FEDERATION,
  Reauthenticate: ['AuditEvent'],
};

/** Stands for every type: each query reads it. */
const EVERYTHING = 'Everything';

/** Returns the types that a query reads. */
export function typesRead(query: string): readonly string[] {
  return [EVERYTHING, ...(QUERY_TYPES[query] ?? [])];
}

/** Returns the types that a mutation can change. */
export function typesChanged(mutation: string): readonly string[] {
  return (CHANGES as Readonly<Record<string, readonly string[]>>)[mutation] ?? [EVERYTHING];
}
