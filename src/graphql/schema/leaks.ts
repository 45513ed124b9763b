import { SECRETS_A_REPORT } from '../../services/tokens/leaks.ts';
import { builder } from '../builder.ts';

const ReportLeakedSecretsPayload = builder
  .objectRef<{ received: number }>('ReportLeakedSecretsPayload')
  .implement({
    description: 'The report was taken, and what was real in it has been revoked.',
    fields: (t) => ({ received: t.exposeInt('received', { description: 'How many were handed in.' }) }),
  });

/** Each secret is looked up. */
const LOOKUP_UNITS = 20;

builder.mutationField('reportLeakedSecrets', (t) =>
  t.field({
    type: ReportLeakedSecretsPayload,
    description:
      'Revokes every real secret among them: tokens with all that derives from them, sessions, invitations. Takes back the memberships and roles that the tokens gave. The answer tells nothing about which were real.',
    need: { kind: 'anyone' },
    cost: { units: LOOKUP_UNITS, perItemOf: 'secrets' },
    args: {
      secrets: t.arg.stringList({
        required: true,
        description: `What was found, up to ${SECRETS_A_REPORT}.`,
      }),
    },
    resolve: async (_root, { secrets }, { services, caller }) => ({
      received: await services.leaks.report(caller, secrets),
    }),
  }),
);
