import type { IdentityProvider } from '../../../domain/accounts/identity-provider.ts';
import type { PasswordSignIn } from '../../../domain/accounts/passwords.ts';
import { toGlobalId } from '../../../domain/global-id.ts';
import { userIdOf } from '../../../domain/principal.ts';
import { builder } from '../../builder.ts';
import { implementNode } from '../../implement-node.ts';
import { mutation } from '../../mutation.ts';
import { IdentityRef, UserRef } from '../../refs.ts';
import { requireSignIn, STATE } from './begun-sign-in.ts';

const IdentityProviderRef = builder.objectRef<IdentityProvider>('IdentityProvider');

IdentityProviderRef.implement({
  description: 'An OpenID provider that people sign in with.',
  fields: (t) => ({
    id: t.exposeString('id', { description: 'The name of the provider in the configuration.' }),
    label: t.exposeString('label', { description: 'The name of the provider for people.' }),
    startUrl: t.string({
      description:
        'The path at which a browser begins to sign in. The parameter to is the local path to return to; the parameter intent is sign-in (the default), link or reauthenticate.',
      resolve: ({ id }) => `/auth/${id}/start`,
    }),
  }),
});

const PasswordSignInEnum = builder.enumType('PasswordSignIn', {
  description: 'Which users sign in with a password.',
  values: {
    ON: { value: 'on', description: 'All who have one.' },
    OPERATOR_ACCOUNTS: { value: 'operator', description: 'Only accounts that the operator made for it.' },
    OFF: { value: 'off', description: 'No one.' },
  } as const,
});

const SignInOptionsRef = builder.objectRef<{
  readonly passwords: PasswordSignIn;
  readonly providers: readonly IdentityProvider[];
}>('SignInOptions');

SignInOptionsRef.implement({
  description: 'How people sign in here.',
  fields: (t) => ({
    passwords: t.expose('passwords', {
      type: PasswordSignInEnum,
      description: 'Which users sign in with a password.',
    }),
    providers: t.field({
      type: [IdentityProviderRef],
      description: 'The identity providers, in the order of the configuration.',
      resolve: ({ providers }) => [...providers],
    }),
  }),
});

builder.queryField('signInOptions', (t) =>
  t.field({
    type: SignInOptionsRef,
    description: 'How people sign in here.',
    requires: { kind: 'anyone' },
    resolve: (_root, _args, { services }) => ({
      passwords: services.passwordSignIn,
      providers: services.providers.map(({ provider }) => provider),
    }),
  }),
);

implementNode(IdentityRef, {
  description: 'A person at an identity provider, linked to an account.',
  fields: (t) => ({
    provider: t.exposeString('provider', { description: 'The name of the provider in the configuration.' }),
    subject: t.exposeString('subject', { description: 'What the provider calls the person permanently.' }),
    linkedAt: t.field({
      type: 'DateTime',
      description: 'When the identity was linked to the account.',
      resolve: ({ linkedAt }) => new Date(linkedAt),
    }),
    lastUsedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the user last signed in with it; null if never.',
      resolve: ({ lastUsedAt }) => (lastUsedAt === null ? null : new Date(lastUsedAt)),
    }),
  }),
});

builder.objectField(UserRef, 'identities', (t) =>
  t.field({
    type: [IdentityRef],
    nullable: true,
    description:
      "The identities linked to the account, oldest first; null unless it is the session's own account.",
    resolve: ({ id }, _args, { principal, services }) =>
      principal.kind === 'SESSION' && userIdOf(principal) === id ? services.identities.list(principal) : null,
  }),
);

builder.objectField(UserRef, 'hasPassword', (t) =>
  t.field({
    type: 'Boolean',
    nullable: true,
    description: "Whether the user can sign in with a password; null unless it is the session's own account.",
    resolve: ({ id }, _args, { principal, services }) =>
      principal.kind === 'SESSION' && userIdOf(principal) === id
        ? services.identities.hasPassword(principal)
        : null,
  }),
);

mutation('completeSignIn', {
  description:
    'Finishes a sign-in at an identity provider and creates a session, in the browser that began it. If the person has no account, the settings of the provider decide whether one is created. Works once for each state.',
  requires: { kind: 'person' },
  input: {
    description: 'The sign-in to finish.',
    fields: (t) => ({ state: t.string({ required: true, description: STATE }) }),
  },
  resolve: async ({ state }, context) => {
    const { services, caller, setSession } = context;
    const session = await services.providerSignIns.complete(caller, requireSignIn(context, state));
    setSession(session.secret, session.expiresAt);
    return session;
  },
  payload: {
    description: 'A new session, whose secret is set as an HttpOnly cookie.',
    fields: (t) => ({
      user: t.expose('user', { type: UserRef, description: 'The signed-in user.' }),
      to: t.exposeString('returnTo', { description: 'The local path that the person wanted to see.' }),
      expiresAt: t.field({
        type: 'DateTime',
        description: 'When the session expires.',
        resolve: ({ expiresAt }) => new Date(expiresAt),
      }),
    }),
  },
});

mutation('linkIdentity', {
  description:
    "Links the identity of a finished sign-in at a provider to the user's account, in the browser that began it with the intent link. An identity that is linked elsewhere is a CONFLICT.",
  requires: { kind: 'session', reauthentication: true },
  input: {
    description: 'The sign-in whose identity to link.',
    fields: (t) => ({ state: t.string({ required: true, description: STATE }) }),
  },
  run: async (uow, { state }, context) => ({
    identity: await context.services.identities.link(uow, requireSignIn(context, state)),
  }),
  locks: ({ state }, context) => context.services.providerSignIns.locksToLink(requireSignIn(context, state)),
  payload: {
    description: 'The linked identity.',
    fields: (t) => ({
      identity: t.expose('identity', { type: IdentityRef, description: 'The linked identity.' }),
    }),
  },
});

mutation('unlinkIdentity', {
  description:
    "Unlinks an identity from the user's account and ends the other sessions that were opened with it. The last way to sign in cannot be unlinked: CONFLICT.",
  requires: { kind: 'session', reauthentication: true },
  input: {
    description: 'The identity to unlink.',
    fields: (t) => ({
      id: t.id({ for: 'Identity', required: true, description: 'The id of the identity.' }),
    }),
  },
  resolve: async ({ id }, { services, change, principal }, access) => {
    const unlinked = await change(access, (uow) => services.identities.unlink(uow, id), {});
    // The roles of its groups end in the workspaces, which the change above does not lock.
    await services.groups.refresh(userIdOf(principal) ?? '');
    return { id: unlinked };
  },
  payload: {
    description: 'The unlinked identity.',
    fields: (t) => ({
      unlinkedIdentityId: t.id({
        description: 'The id of the unlinked identity.',
        resolve: ({ id }) => toGlobalId('Identity', id),
      }),
    }),
  },
});
