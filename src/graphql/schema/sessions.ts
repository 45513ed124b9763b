import { toGlobalId } from '../../domain/global-id.ts';
import type { User } from '../../domain/user.ts';
import { builder } from '../builder.ts';
import { implementNode } from '../implement-node.ts';
import { SessionRef, UserRef } from '../refs.ts';
import { requirementOf } from '../requirement-plugin.ts';

implementNode(SessionRef, {
  description: 'A signed-in browser or program of a user.',
  fields: (t) => ({
    createdAt: t.field({
      type: 'DateTime',
      description: 'When the user signed in.',
      resolve: (session) => new Date(session.createdAt),
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When it expires.',
      resolve: (session) => new Date(session.expiresAt),
    }),
    lastUsedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used.',
      resolve: ({ lastUsedAt }) => (lastUsedAt === null ? null : new Date(lastUsedAt)),
    }),
    ip: t.exposeString('ip', { nullable: true, description: 'The client address of the sign-in.' }),
    userAgent: t.exposeString('userAgent', { nullable: true, description: 'The User-Agent of the sign-in.' }),
    current: t.boolean({
      description: 'Whether the caller uses this session.',
      resolve: ({ id }, _args, { principal }) => principal.kind === 'SESSION' && principal.sessionId === id,
    }),
  }),
});

const SignInInput = builder.inputType('SignInInput', {
  description: 'The credentials of an account.',
  fields: (t) => ({
    email: t.field({
      type: 'EmailAddress',
      required: true,
      description: 'The email address of the account.',
    }),
    password: t.string({ required: true, description: 'The password of the account.' }),
  }),
});

const SignInPayload = builder
  .objectRef<{ user: User; secret: string; expiresAt: number }>('SignInPayload')
  .implement({
    description: 'A new session. The secret is also set as an HttpOnly cookie.',
    fields: (t) => ({
      user: t.expose('user', { type: UserRef, description: 'The signed-in user.' }),
      sessionToken: t.exposeString('secret', {
        description: 'The secret of the session, for the Authorization header (Bearer). It is shown once.',
      }),
      expiresAt: t.field({
        type: 'DateTime',
        description: 'When the session expires.',
        resolve: ({ expiresAt }) => new Date(expiresAt),
      }),
    }),
  });

const SignOutPayload = builder.objectRef<{ signedOut: boolean }>('SignOutPayload').implement({
  description: 'The result of ending a session.',
  fields: (t) => ({ signedOut: t.exposeBoolean('signedOut', { description: 'Always true.' }) }),
});

const ChangePasswordInput = builder.inputType('ChangePasswordInput', {
  description: "A new password for the caller's account.",
  fields: (t) => ({
    currentPassword: t.string({ required: true, description: 'The current password.' }),
    newPassword: t.string({ required: true, description: 'The new password, 12 to 256 characters.' }),
    revokeTokens: t.boolean({
      required: true,
      defaultValue: false,
      description: "Whether to revoke the caller's personal tokens too.",
    }),
  }),
});

const ChangePasswordPayload = builder.objectRef<{ user: User }>('ChangePasswordPayload').implement({
  description: 'The result of a password change.',
  fields: (t) => ({ user: t.expose('user', { type: UserRef, description: 'The user.' }) }),
});

const SessionIdInput = builder.inputType('SessionIdInput', {
  description: 'A session to revoke.',
  fields: (t) => ({ id: t.id({ for: 'Session', required: true, description: 'The id of the session.' }) }),
});

const RevokeSessionPayload = builder.objectRef<{ id: string }>('RevokeSessionPayload').implement({
  description: 'The result of ending a session.',
  fields: (t) => ({
    revokedSessionId: t.id({
      description: 'The id of the revoked session.',
      resolve: ({ id }) => toGlobalId('Session', id),
    }),
  }),
});

const RevokeOtherSessionsPayload = builder
  .objectRef<{ count: number }>('RevokeOtherSessionsPayload')
  .implement({
    description: 'The result of ending the other sessions.',
    fields: (t) => ({
      revokedCount: t.exposeInt('count', { description: 'The number of sessions that ended.' }),
    }),
  });

builder.mutationFields((t) => ({
  signIn: t.field({
    type: SignInPayload,
    description: 'Signs in and creates a session. Attempts are limited by account and network together.',
    requires: { kind: 'person' },
    args: {
      input: t.arg({ type: SignInInput, required: true, description: 'The credentials of the account.' }),
    },
    resolve: async (_root, { input }, { services, caller, setSession }) => {
      const opened = await services.sessions.signIn(caller, input.email, input.password);
      setSession(opened.secret, opened.expiresAt);
      return opened;
    },
  }),
  signOut: t.field({
    type: SignOutPayload,
    description: "Ends the caller's session and clears its cookie.",
    requires: { kind: 'session' },
    resolve: async (_root, args, ctx, info) => {
      await ctx.change(requirementOf(info, args), ctx.services.sessions.signOut);
      ctx.setSession(null, null);
      return { signedOut: true };
    },
  }),
  changePassword: t.field({
    type: ChangePasswordPayload,
    description: "Changes the password and ends the user's other sessions.",
    requires: { kind: 'session' },
    args: {
      input: t.arg({
        type: ChangePasswordInput,
        required: true,
        description: 'The current and the new password.',
      }),
    },
    resolve: async (_root, { input }, { services, caller }) => {
      const { currentPassword, newPassword, revokeTokens } = input;
      return {
        user: await services.sessions.changePassword(caller, currentPassword, newPassword, revokeTokens),
      };
    },
  }),
  revokeSession: t.field({
    type: RevokeSessionPayload,
    description: "Ends one of the user's sessions.",
    requires: { kind: 'session' },
    args: { input: t.arg({ type: SessionIdInput, required: true, description: 'The session to revoke.' }) },
    resolve: async (_root, args, ctx, info) => {
      const id = args.input.id;
      return {
        id: await ctx.change(requirementOf(info, args), (uow) => ctx.services.sessions.revoke(uow, id)),
      };
    },
  }),
  revokeOtherSessions: t.field({
    type: RevokeOtherSessionsPayload,
    description: "Ends all of the user's sessions except the one that the caller uses.",
    requires: { kind: 'session' },
    resolve: async (_root, args, ctx, info) => ({
      count: await ctx.change(requirementOf(info, args), ctx.services.sessions.revokeOthers),
    }),
  }),
}));
