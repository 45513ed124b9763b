import type { Command } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  operands: ['EMAIL'],
  about: `Lets a deactivated user in again. The personal tokens work as before; the
sessions that were ended stay ended.`,
  run: (call) =>
    asOperator(call.config(), async (operator) => {
      const { email } = await operator.findUser(call.operand('EMAIL'));
      const changed = await operator.reactivateUser(email);
      call.terminal.print(changed ? `Reactivated ${email}.` : `${email} is active already.`);
    }),
};
