import type { Identity } from '../domain/accounts/identity-provider.ts';
import type { AuditRecord } from '../domain/audit.ts';
import type { Channel } from '../domain/channel.ts';
import type { Federation } from '../domain/federation/federation.ts';
import type { ListedMessage } from '../domain/message.ts';
import type { Token } from '../domain/token.ts';
import type { Session, User } from '../domain/user.ts';
import type { Invitation, Member, Workspace } from '../domain/workspace.ts';
import { builder } from './builder.ts';

// Types without their fields, so that the files of two types can refer to each other.

export const UserRef = builder.objectRef<User>('User');
export const SessionRef = builder.objectRef<Session>('Session');
export const IdentityRef = builder.objectRef<Identity>('Identity');
export const TokenRef = builder.objectRef<Token>('Token');
export const WorkspaceRef = builder.objectRef<Workspace>('Workspace');
export const MemberRef = builder.objectRef<Member>('Member');
export const InvitationRef = builder.objectRef<Invitation>('Invitation');
export const AuditEventRef = builder.objectRef<AuditRecord>('AuditEvent');
export const ChannelRef = builder.objectRef<Channel>('Channel');
export const FederationRef = builder.objectRef<Federation>('Federation');
export const MessageRef = builder.objectRef<ListedMessage>('Message');

/** The caller. Its fields read the context. */
export const ViewerRef = builder.objectRef<Record<never, never>>('Viewer');
