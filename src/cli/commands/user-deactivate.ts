import type { Command } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  operands: ['EMAIL'],
  about: `Shuts a user out from the next request on: all sessions end, and the personal
tokens are refused until the user is reactivated. Workspace tokens go on
working.`,
  run: (call) =>
    asOperator(call.config(), async (operator) => {
      const { email } = await operator.findUser(call.operand('EMAIL'));
      const changed = await operator.deactivateUser(email);
      call.terminal.print(changed ? `Deactivated ${email}.` : `${email} is deactivated already.`);
    }),
};
