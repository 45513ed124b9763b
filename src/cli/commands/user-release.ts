import type { Command } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  operands: ['EMAIL'],
  about: `Frees the email of an unverified user and deactivates that user: sessions end,
personal tokens are refused, and open invitations to the email become void.
A new account can then use the email; it inherits nothing. Create it
immediately, before someone accepts another invitation to the same email.`,
  run: (call) =>
    asOperator(call.config(), async (operator) => {
      const { email } = await operator.findUser(call.operand('EMAIL'));
      const address = await operator.releaseEmail(email);
      call.terminal.print(`Released ${email}. Its former user is deactivated and is now ${address}.`);
    }),
};
