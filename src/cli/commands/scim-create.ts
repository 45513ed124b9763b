import { OperatorError } from '../../platform/operator-error.ts';
import type { Command } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  operands: ['PROVIDER'],
  about: `Creates the credential with which the directory of a provider in POSTERN_OIDC
calls /scim/v2, and prints it once. The directory can then create, change and
deactivate the accounts that are linked to the provider, and no others.`,
  run: async (call) => {
    const config = call.config();
    const provider = call.operand('PROVIDER');
    if (!config.providers.some(({ id }) => id === provider)) {
      throw new OperatorError('POSTERN_OIDC has no provider of this name.');
    }
    await asOperator(config, async (_operator, { directoryCredentials }) => {
      call.terminal.print(await directoryCredentials.create(provider));
      call.terminal.report('Give this secret to the directory. It is not shown again.');
    });
  },
};
