import { badInput } from '../../../domain/errors.ts';
import { toGlobalId } from '../../../domain/global-id.ts';
import type { OpenedSession } from '../../../services/accounts/open-session.ts';
import type { UnitOfWork } from '../../../services/transactions/unit-of-work.ts';
import { implementNode } from '../../implement-node.ts';
import { type MutationPayload, mutation } from '../../mutation.ts';
import { SessionRef, UserRef } from '../../refs.ts';
import { requireSignIn } from './begun-sign-in.ts';

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
      description: 'When the session expires.',
      resolve: (session) => new Date(session.expiresAt),
    }),
    lastUsedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the session was last used; null if it has not been used since the sign-in.',
      resolve: ({ lastUsedAt }) => (lastUsedAt === null ? null : new Date(lastUsedAt)),
    }),
    ip: t.exposeString('ip', { nullable: true, description: 'The client address of the sign-in.' }),
    userAgent: t.exposeString('userAgent', { nullable: true, description: 'The User-Agent of the sign-in.' }),
    commandLine: t.exposeString('commandLine', {
      nullable: true,
      description:
        'The name of the command line that has the session, as it calls itself, unverified; null for a browser or another program.',
    }),
    current: t.boolean({
      description: 'Whether the caller uses this session.',
      resolve: ({ id }, _args, { principal }) => principal.kind === 'SESSION' && principal.sessionId === id,
    }),
  }),
});

/** The payload of a mutation that signs in and returns the secret. */
export const NEW_SESSION: MutationPayload<OpenedSession> = {
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
};

mutation('signIn', {
  description: 'Signs in and creates a session. Attempts are limited by account and network together.',
  requires: { kind: 'person' },
  input: {
    description: 'The credentials of an account.',
    fields: (t) => ({
      email: t.field({
        type: 'EmailAddress',
        required: true,
        description: 'The email address of the account.',
      }),
      password: t.string({ required: true, description: 'The password of the account.' }),
    }),
  },
  resolve: async ({ email, password }, { services, caller, setSession }) => {
    const session = await services.sessions.signIn(caller, email, password);
    setSession(session.secret, session.expiresAt);
    return session;
  },
  payload: NEW_SESSION,
});

mutation('signOut', {
  description: "Ends the caller's session and clears its cookie.",
  requires: { kind: 'session', allowsTemporaryPassword: true },
  run: async (uow, _input, { services, setSession }) => {
    const result = await services.sessions.signOut(uow);
    if (result.signedOut) uow.afterCommit(() => setSession(null, null));
    return result;
  },
  payload: {
    description: 'The result of ending a session.',
    fields: (t) => ({
      signedOut: t.exposeBoolean('signedOut', {
        description: 'False if the session is a JSON Web Token of an identity provider, which only expires.',
      }),
      providerLogoutUrl: t.string({
        nullable: true,
        description:
          'Where the browser ends its session at the identity provider, and is led back to the sign-in page. Null after a sign-in without a provider, and if the provider has no such address or does not answer.',
        resolve: ({ provider }, _args, { services }) =>
          services.providers.find((client) => client.provider.id === provider)?.logoutUrl() ?? null,
      }),
    }),
  },
});

mutation('reauthenticate', {
  description:
    'Confirms who the signed-in user is, with the password or at an identity provider. For 10 minutes, this session can then make the changes that require a recent sign-in; at a provider, they count from when the user signed in there. Attempts with a password are limited by session.',
  requires: { kind: 'session', consoleOnly: true },
  input: {
    description: 'The proof of who the user is.',
    fields: (t) => ({
      password: t.string({ description: 'The password of the account.' }),
      state: t.string({
        description:
          'In place of a password: the state of a sign-in at an identity provider that this browser began with the intent reauthenticate.',
      }),
    }),
  },
  resolve: async ({ password, state }, context, access) => {
    const { services, caller } = context;
    if ((password == null) === (state == null)) {
      throw badInput(['input'], 'must have either a password or a state');
    }
    if (password != null) return { until: await services.sessions.reauthenticate(caller, password) };
    const digest = requireSignIn(context, state as string);
    const reauthenticate = (uow: UnitOfWork) => services.providerSignIns.reauthenticate(uow, digest);
    return { until: await context.change(access, reauthenticate, {}) };
  },
  payload: {
    description: 'The result of confirming who the user is.',
    fields: (t) => ({
      until: t.field({
        type: 'DateTime',
        description: 'When it no longer counts.',
        resolve: ({ until }) => new Date(until),
      }),
    }),
  },
});

mutation('changePassword', {
  description:
    "Changes the password, ends the user's other sessions and gives the caller's session a new secret. Until a user has changed a generated password, other calls are refused with PASSWORD_CHANGE_REQUIRED.",
  requires: { kind: 'session', allowsTemporaryPassword: true },
  input: {
    description: 'The current and the new password.',
    fields: (t) => ({
      currentPassword: t.string({ required: true, description: 'The current password.' }),
      newPassword: t.string({ required: true, description: 'The new password, 12 to 256 characters.' }),
      revokeTokens: t.boolean({
        required: true,
        defaultValue: false,
        description: "Also revokes the caller's personal tokens.",
      }),
    }),
  },
  resolve: async ({ currentPassword, newPassword, revokeTokens }, { services, caller, setSession }) => {
    const session = await services.sessions.changePassword(
      caller,
      currentPassword,
      newPassword,
      revokeTokens,
    );
    setSession(session.secret, session.expiresAt);
    return session;
  },
  payload: {
    description:
      "The user whose password changed, and the session's new secret, which is also set as the cookie.",
    fields: (t) => ({
      user: t.expose('user', { type: UserRef, description: 'The user.' }),
      sessionToken: t.exposeString('secret', {
        description: 'The new secret of the session. The earlier one no longer works.',
      }),
    }),
  },
});

mutation('resetPassword', {
  description:
    'Sets a new password with a reset link, which the operator creates. A link works once. Ends all sessions of the user, and revokes the personal tokens unless the operator kept them.',
  requires: { kind: 'person' },
  input: {
    description: 'The secret of the link and the new password.',
    fields: (t) => ({
      secret: t.string({ required: true, description: 'The secret after the # of the link.' }),
      newPassword: t.string({ required: true, description: 'The new password, 12 to 256 characters.' }),
    }),
  },
  resolve: async ({ secret, newPassword }, { services, caller }) => ({
    user: await services.passwordResets.reset(caller, secret, newPassword),
  }),
  payload: {
    description: 'The user with the new password, who is not signed in yet.',
    fields: (t) => ({ user: t.expose('user', { type: UserRef, description: 'The user.' }) }),
  },
});

mutation('revokeSession', {
  description: "Ends one of the user's sessions.",
  requires: { kind: 'session' },
  input: {
    description: 'The session to end.',
    fields: (t) => ({
      id: t.id({ for: 'Session', required: true, description: 'The id of the session.' }),
    }),
  },
  run: async (uow, { id }, { services }) => ({ id: await services.sessions.revoke(uow, id) }),
  payload: {
    description: 'The session that ended.',
    fields: (t) => ({
      revokedSessionId: t.id({
        description: 'The id of the session that ended.',
        resolve: ({ id }) => toGlobalId('Session', id),
      }),
    }),
  },
});

mutation('revokeOtherSessions', {
  description:
    "Ends all sessions of the user except the caller's own. JSON Web Tokens that were issued before are refused, also the caller's.",
  requires: { kind: 'session' },
  run: async (uow, _input, { services }) => ({ count: await services.sessions.revokeOthers(uow) }),
  payload: {
    description: 'The result of ending the other sessions.',
    fields: (t) => ({
      revokedCount: t.exposeInt('count', { description: 'The number of sessions that ended.' }),
    }),
  },
});
