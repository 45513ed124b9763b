import type { Command } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  operands: ['EMAIL'],
  about: `Takes an email away from the unverified user who holds it, and deactivates that
user: sessions end, and the personal tokens are refused. Open invitations to the
email become void. Another account can then have the email; it inherits nothing.
Create it right away: an invitation could take the email again.`,
  run: (call) =>
    asOperator(call.config(), async (operator) => {
      const { email } = await operator.findUser(call.operand('EMAIL'));
      const address = await operator.releaseEmail(email);
      call.terminal.print(`Released ${email}. The user who held it is deactivated and is now ${address}.`);
    }),
};
