import type { Command } from '../command.ts';
import { asOperator, consoleOrigin } from '../operator.ts';

export const command: Command = {
  operands: ['EMAIL'],
  about: `Prints a link with which a user signs in, also without a password or a provider.
The link works once, for ten minutes. A later link of the user ends it. Anyone
who has the link can sign in as the user.`,
  run: async (call) => {
    const config = call.config();
    const origin = consoleOrigin(config);
    await asOperator(config, async (_operator, { signInLinks }) => {
      const { user, secret, expiresAt } = await signInLinks.create(call.operand('EMAIL'));
      call.terminal.print(`${origin}/sign-in-link#${secret}`);
      call.terminal.report(
        `The link is for ${user.email}. It works once, until ${new Date(expiresAt).toISOString()}.`,
      );
    });
  },
};
