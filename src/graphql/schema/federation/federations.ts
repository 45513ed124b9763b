import { formatDuration } from '../../../domain/duration.ts';
import type { ClaimRule } from '../../../domain/federation/claims.ts';
import type { Federation } from '../../../domain/federation/federation.ts';
import { toGlobalId } from '../../../domain/global-id.ts';
import type { FederationService } from '../../../services/federation/federations.ts';
import { builder } from '../../builder.ts';
import { implementNode } from '../../implement-node.ts';
import { type MutationPayload, mutation } from '../../mutation.ts';
import { FederationRef, WorkspaceRef } from '../../refs.ts';
import { RoleEnum } from '../enums.ts';
import { TokenScopeInput } from '../token-inputs.ts';
import { TokenScopeRef } from '../token-type.ts';

const CLAIMS =
  'The rules on the claims of a JSON Web Token, 1 to 20, all of which must hold. At least one names the tenant: sub, repository, repository_owner, repository_owner_id, project_path, namespace_path or namespace_id.';
const VALUE =
  'The whole value, compared byte for byte; a number or a boolean is compared as JSON. One star at the end, after / or : and at least four characters, stands for any rest, such as repo:org/*.';
const LIFETIME = 'The lifetime of its tokens, at most PT1H.';
const SINGLE_USE = 'Whether a JSON Web Token is accepted only once.';

const ClaimRuleRef = builder.objectRef<ClaimRule>('ClaimRule').implement({
  description: 'A condition on a claim of a JSON Web Token.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name of the claim.' }),
    value: t.exposeString('value', { description: VALUE }),
  }),
});

const ClaimRuleInput = builder.inputType('ClaimRuleInput', {
  description: 'A condition on a claim of a JSON Web Token.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'The name of the claim.' }),
    value: t.string({ required: true, description: VALUE }),
  }),
});

implementNode(FederationRef, {
  description:
    'The trust of a workspace in some JSON Web Tokens of an issuer: who presents one at /oauth/token gets a short-lived workspace token.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'The display name; not unique. Its tokens have the same name.',
    }),
    issuer: t.exposeString('issuer', { description: 'The issuer, as JSON Web Tokens state it (iss).' }),
    audience: t.exposeString('audience', {
      description: 'What a JSON Web Token must be for (aud). It never changes.',
    }),
    claims: t.field({ type: [ClaimRuleRef], description: CLAIMS, resolve: ({ claims }) => [...claims] }),
    role: t.expose('role', { type: RoleEnum, description: 'The role of its tokens.' }),
    scopes: t.field({
      type: [TokenScopeRef],
      nullable: true,
      description: 'The scopes of its tokens; null for all that the role allows.',
      resolve: ({ scopes }) => (scopes === null ? null : [...scopes]),
    }),
    maxLifetime: t.field({
      type: 'Duration',
      description: LIFETIME,
      resolve: ({ maxLifetime }) => formatDuration(maxLifetime),
    }),
    singleUse: t.exposeBoolean('singleUse', { description: SINGLE_USE }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When the federation was created.',
      resolve: ({ createdAt }) => new Date(createdAt),
    }),
    lastUsedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it last gave a token; null if never.',
      resolve: ({ lastUsedAt }) => (lastUsedAt === null ? null : new Date(lastUsedAt)),
    }),
  }),
});

const FederationOptionsRef = builder
  .objectRef<Pick<FederationService, 'issuers' | 'audiences'>>('FederationOptions')
  .implement({
    description: 'What the operator allows for federations.',
    fields: (t) => ({
      issuers: t.stringList({
        description: 'The issuers that federations can have; empty if the operator lists none.',
        resolve: ({ issuers }) => [...issuers],
      }),
      audiences: t.stringList({
        description: 'The audiences that federations can share instead of having one of their own.',
        resolve: ({ audiences }) => [...audiences],
      }),
    }),
  });

builder.objectFields(WorkspaceRef, (t) => ({
  federations: t.field({
    type: [FederationRef],
    description: 'The federations of the workspace, oldest first.',
    requires: { kind: 'role', role: 'ADMINISTRATOR', workspace: 'parent.id' },
    resolve: ({ id }, _args, { services }) => services.federations.list(id),
  }),
  federationOptions: t.field({
    type: FederationOptionsRef,
    description: 'What the operator allows for federations.',
    requires: { kind: 'role', role: 'ADMINISTRATOR', workspace: 'parent.id' },
    resolve: (_workspace, _args, { services }) => services.federations,
  }),
}));

const payload: MutationPayload<{ federation: Federation }> = {
  description: 'The federation after the change.',
  fields: (t) => ({
    federation: t.expose('federation', { type: FederationRef, description: 'The federation.' }),
  }),
};

mutation('createFederation', {
  description:
    "Lets JSON Web Tokens of an issuer be exchanged for short-lived workspace tokens, with a role up to the caller's own. The issuer must be one that the operator lists.",
  requires: { kind: 'federation', workspace: 'input.workspaceId', reauthentication: true },
  input: {
    description: 'The federation to create.',
    fields: (t) => ({
      workspaceId: t.id({ for: 'Workspace', required: true, description: 'The id of the workspace.' }),
      name: t.string({ required: true, description: 'The name, 1 to 100 characters; not unique.' }),
      issuer: t.string({ required: true, description: 'The issuer, exactly as its tokens state it (iss).' }),
      audience: t.string({
        description:
          'An audience that the operator lists. Default: the address of the federation, which no other has.',
      }),
      claims: t.field({ type: [ClaimRuleInput], required: true, description: CLAIMS }),
      role: t.field({
        type: RoleEnum,
        required: true,
        description: "The role of its tokens; at most the caller's own.",
      }),
      scopes: t.field({
        type: [TokenScopeInput],
        description: 'The scopes of its tokens. Default: all that the role allows.',
      }),
      maxLifetime: t.field({
        type: 'Duration',
        required: true,
        defaultValue: 'PT15M',
        description: LIFETIME,
      }),
      singleUse: t.boolean({ required: true, defaultValue: true, description: SINGLE_USE }),
    }),
  },
  run: async (uow, input, { services }) => ({ federation: await services.federations.create(uow, input) }),
  payload,
});

mutation('updateFederation', {
  description:
    'Changes a federation. A field that is absent stays as it is. A change of anything but the name ends the tokens that it gave, from the next request on.',
  requires: { kind: 'federation', federation: 'input.id', reauthentication: true },
  input: {
    description: 'The federation and its changes.',
    fields: (t) => ({
      id: t.id({ for: 'Federation', required: true, description: 'The id of the federation.' }),
      name: t.string({ description: 'The name, 1 to 100 characters.' }),
      claims: t.field({ type: [ClaimRuleInput], description: CLAIMS }),
      role: t.field({ type: RoleEnum, description: "The role of its tokens; at most the caller's own." }),
      scopes: t.field({
        type: [TokenScopeInput],
        description: 'The scopes of its tokens; null for all that the role allows.',
      }),
      maxLifetime: t.field({ type: 'Duration', description: LIFETIME }),
      singleUse: t.boolean({ description: SINGLE_USE }),
    }),
  },
  run: async (uow, input, { services }) => ({ federation: await services.federations.update(uow, input) }),
  payload,
});

mutation('deleteFederation', {
  description: 'Deletes a federation. The tokens that it gave are refused from the next request on.',
  requires: { kind: 'federation', federation: 'input.id', reauthentication: true },
  input: {
    description: 'The federation to delete.',
    fields: (t) => ({
      id: t.id({ for: 'Federation', required: true, description: 'The id of the federation.' }),
    }),
  },
  run: async (uow, { id }, { services }) => {
    await services.federations.delete(uow, id);
    return { id };
  },
  payload: {
    description: 'The deleted federation.',
    fields: (t) => ({
      deletedFederationId: t.id({
        description: 'The id of the deleted federation.',
        resolve: ({ id }) => toGlobalId('Federation', id),
      }),
    }),
  },
});
