import type { Command } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  operands: ['PROVIDER'],
  about: `Revokes the SCIM credentials of a provider immediately. The accounts remain as
they are.`,
  run: (call) =>
    asOperator(call.config(), async (_operator, { directoryCredentials }) => {
      const provider = call.operand('PROVIDER');
      const isNew = await directoryCredentials.revoke(provider);
      call.terminal.print(
        isNew ? `Revoked the SCIM credential of ${provider}.` : `${provider} has no SCIM credential.`,
      );
    }),
};
