import { decodeGlobalId, toGlobalId } from '../../domain/global-id.ts';
import type { User } from '../../domain/user.ts';
import { builder } from '../builder.ts';
import { implementNode } from '../implement-node.ts';
import { SessionRef, UserRef } from '../refs.ts';
import { requirementOf } from '../requirement-plugin.ts';

implementNode(SessionRef, {
  description: "A person's signed-in browser or program.",
  fields: (t) => ({
    createdAt: t.field({
      type: 'DateTime',
      description: 'When the person signed in.',
      resolve: (session) => new Date(session.createdAt),
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When it ends by itself.',
      resolve: (session) => new Date(session.expiresAt),
    }),
    lastUsedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used.',
      resolve: ({ lastUsedAt }) => (lastUsedAt === null ? null : new Date(lastUsedAt)),
    }),
    ip: t.exposeString('ip', { nullable: true, description: 'The address that it was opened from.' }),
    userAgent: t.exposeString('userAgent', { nullable: true, description: 'What opened it.' }),
    current: t.boolean({
      description: 'Whether the call was made with it.',
      resolve: ({ id }, _args, { principal }) => principal.kind === 'SESSION' && principal.sessionId === id,
    }),
  }),
});

const SignInInput = builder.inputType('SignInInput', {
  description: 'Who signs in.',
  fields: (t) => ({
    email: t.field({ type: 'EmailAddress', required: true, description: 'The email of the account.' }),
    password: t.string({ required: true, description: 'Its password.' }),
  }),
});

const SignInPayload = builder
  .objectRef<{ user: User; secret: string; expiresAt: number }>('SignInPayload')
  .implement({
    description: "The session's secret: it also comes as an HttpOnly cookie.",
    fields: (t) => ({
      user: t.expose('user', { type: UserRef, description: 'Who signed in.' }),
      sessionToken: t.exposeString('secret', { description: 'For Authorization: Bearer, shown this once.' }),
      expiresAt: t.field({
        type: 'DateTime',
        description: 'When the session ends by itself.',
        resolve: ({ expiresAt }) => new Date(expiresAt),
      }),
    }),
  });

const SignOutPayload = builder.objectRef<{ signedOut: boolean }>('SignOutPayload').implement({
  description: 'The session has ended.',
  fields: (t) => ({ signedOut: t.exposeBoolean('signedOut', { description: 'Always true.' }) }),
});

const ChangePasswordInput = builder.inputType('ChangePasswordInput', {
  description: 'A new password for the own account.',
  fields: (t) => ({
    currentPassword: t.string({ required: true, description: 'The present one.' }),
    newPassword: t.string({ required: true, description: '12 to 256 characters.' }),
    revokeTokens: t.boolean({
      required: true,
      defaultValue: false,
      description: 'Whether to revoke all own personal tokens too.',
    }),
  }),
});

const ChangePasswordPayload = builder.objectRef<{ user: User }>('ChangePasswordPayload').implement({
  description: 'The password was changed; every other session of the person has ended.',
  fields: (t) => ({ user: t.expose('user', { type: UserRef, description: 'Whose password it is.' }) }),
});

const SessionIdInput = builder.inputType('SessionIdInput', {
  description: 'Names a session.',
  fields: (t) => ({ id: t.id({ required: true, description: 'Which session.' }) }),
});

const RevokeSessionPayload = builder.objectRef<{ id: string }>('RevokeSessionPayload').implement({
  description: 'The session has ended.',
  fields: (t) => ({
    revokedSessionId: t.id({
      description: 'The id that the session had.',
      resolve: ({ id }) => toGlobalId('Session', id),
    }),
  }),
});

const RevokeOtherSessionsPayload = builder
  .objectRef<{ count: number }>('RevokeOtherSessionsPayload')
  .implement({
    description: 'The other sessions have ended.',
    fields: (t) => ({ revokedCount: t.exposeInt('count', { description: 'How many there were.' }) }),
  });

builder.mutationFields((t) => ({
  signIn: t.field({
    type: SignInPayload,
    description: 'Opens a session. Attempts are counted by account and network together.',
    need: { kind: 'person' },
    args: { input: t.arg({ type: SignInInput, required: true, description: 'Who, and the proof.' }) },
    resolve: async (_root, { input }, { services, caller, setSession }) => {
      const opened = await services.sessions.signIn(caller, input.email, input.password);
      setSession(opened.secret, opened.expiresAt);
      return opened;
    },
  }),
  signOut: t.field({
    type: SignOutPayload,
    description: 'Ends the session that the call was made with, and clears its cookie.',
    need: { kind: 'session' },
    resolve: async (_root, args, ctx, info) => {
      await ctx.change(requirementOf(info, args), ctx.services.sessions.signOut);
      ctx.setSession(null, null);
      return { signedOut: true };
    },
  }),
  changePassword: t.field({
    type: ChangePasswordPayload,
    description: "Replaces the password and ends the person's other sessions.",
    need: { kind: 'session' },
    args: {
      input: t.arg({ type: ChangePasswordInput, required: true, description: 'The old and the new.' }),
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
    description: "Ends one of the person's sessions.",
    need: { kind: 'session' },
    args: { input: t.arg({ type: SessionIdInput, required: true, description: 'Which.' }) },
    resolve: async (_root, args, ctx, info) => {
      const id = decodeGlobalId('Session', args.input.id);
      return {
        id: await ctx.change(requirementOf(info, args), (uow) => ctx.services.sessions.revoke(uow, id)),
      };
    },
  }),
  revokeOtherSessions: t.field({
    type: RevokeOtherSessionsPayload,
    description: "Ends all of the person's sessions but the one that the call was made with.",
    need: { kind: 'session' },
    resolve: async (_root, args, ctx, info) => ({
      count: await ctx.change(requirementOf(info, args), ctx.services.sessions.revokeOthers),
    }),
  }),
}));
