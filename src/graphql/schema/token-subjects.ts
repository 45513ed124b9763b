import { mutation } from '../mutation.ts';
import { onToken } from './token-mutations.ts';

/** The units of the tokens of a subject, or of the first transaction. Other requests run between two transactions. */
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
    'Revokes the tokens that a workspace token, or one derived from it, created for subjects. Use it after the secret of that token leaked. Revokes many tokens in several transactions; if it fails in between, call it again.',
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
  resolve: async ({ tokenId, since }, { services, caller }, access) => ({
    revokedCount: await services.tokens.revokeIssuedBy(caller, access, {
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
