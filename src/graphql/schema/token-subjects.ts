import { mutation } from '../mutation.ts';
import { onToken } from './token-mutations.ts';

/** The units of counting the tokens of a set and revoking a few of them. The rows of the others follow. */
const REVOKE_UNITS = 5000;

mutation('endSubject', {
  description:
    "Revokes every token of a subject, such as a customer whose contract ends, disabled and expired ones included. Revokes none and is refused with ROLE_REQUIRED if one of them has a role above the caller's.",
  requires: { kind: 'role', role: 'ADMINISTRATOR', workspace: 'input.workspaceId' },
  cost: { units: REVOKE_UNITS },
  input: {
    description: 'The subject to end.',
    fields: (t) => ({
      workspaceId: t.id({ for: 'Workspace', required: true, description: 'The id of the workspace.' }),
      subject: t.string({ required: true, description: 'The subject, as the tokens name it.' }),
    }),
  },
  run: async (uow, input, { services }) => ({
    revokedCount: await services.tokens.endSubject(uow, input),
  }),
  payload: {
    description: 'The number of revoked tokens.',
    fields: (t) => ({
      revokedCount: t.exposeInt('revokedCount', {
        description: 'The number of tokens that were not revoked before.',
      }),
    }),
  },
});

mutation('revokeIssuedBy', {
  description:
    "Revokes the tokens that a workspace token, or one derived from it, created for subjects. Use it after the secret of that token leaked. Revokes none and is refused with ROLE_REQUIRED if one of them has a role above the caller's.",
  requires: onToken('ADMINISTRATOR', 'input.tokenId'),
  cost: { units: REVOKE_UNITS },
  input: {
    description: 'The token that created the others.',
    fields: (t) => ({
      tokenId: t.id({ for: 'Token', required: true, description: 'The id of the token.' }),
      since: t.field({
        type: 'DateTime',
        description: 'Only tokens that were created at this instant or later. Default: all of them.',
      }),
    }),
  },
  run: async (uow, { tokenId, since }, { services }) => ({
    revokedCount: await services.tokens.revokeIssuedBy(uow, {
      tokenId,
      since: since?.getTime() ?? null,
    }),
  }),
  payload: {
    description: 'The number of revoked tokens.',
    fields: (t) => ({
      revokedCount: t.exposeInt('revokedCount', {
        description: 'The number of tokens that were not revoked before.',
      }),
    }),
  },
});
