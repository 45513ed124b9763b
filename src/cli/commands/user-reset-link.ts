import type { Command } from '../command.ts';
import { asOperator, consoleOrigin } from '../operator.ts';

export const command: Command = {
  operands: ['EMAIL'],
  options: { 'keep-tokens': { about: "Do not revoke the user's personal tokens when the link is used." } },
  about: `Prints a link with which a user who forgot the password sets a new one. The link
works once, for 24 hours. A later link or password change ends it. Using it ends
all sessions and revokes the personal tokens, as user reset-password does.
Anyone who has the link can sign in as the user: send it on a private channel.`,
  run: async (call) => {
    const config = call.config();
    const origin = consoleOrigin(config);
    await asOperator(config, async (_operator, { passwordResets }) => {
      const { user, secret, expiresAt } = await passwordResets.createLink(
        call.operand('EMAIL'),
        call.has('keep-tokens'),
      );
      call.terminal.print(`${origin}/reset-password#${secret}`);
      call.terminal.report(
        `The link is for ${user.email}. It works once, until ${new Date(expiresAt).toISOString()}.`,
      );
    });
  },
};
