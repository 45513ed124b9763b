import { SECRETS_PER_REPORT } from '../../domain/secret.ts';
import { mutation } from '../mutation.ts';

/** The units that looking up one secret takes. */
const LOOKUP_UNITS = 20;

mutation('reportLeakedSecrets', {
  description:
    'Revokes every real secret in the report: tokens and the tokens derived from them, sessions and invitations. Also removes the memberships and roles that the tokens gave. The response does not reveal which secrets were real.',
  requires: { kind: 'anyone' },
  cost: { units: LOOKUP_UNITS, perItemOf: 'input.secrets' },
  input: {
    description: 'The secrets to report.',
    fields: (t) => ({
      secrets: t.stringList({
        required: true,
        description: `The secrets, at most ${SECRETS_PER_REPORT.toLocaleString('en')}.`,
      }),
    }),
  },
  resolve: async ({ secrets }, { services, caller }) => ({
    received: await services.leaks.report(caller, secrets),
  }),
  payload: {
    description: 'The result of a report. Every real secret in it is revoked.',
    fields: (t) => ({
      received: t.exposeInt('received', { description: 'The number of secrets in the report.' }),
    }),
  },
});
