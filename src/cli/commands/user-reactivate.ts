import type { Command } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  operands: ['EMAIL'],
  about: `Unblocks a deactivated user. The personal tokens work again. The user's earlier
sessions remain ended.`,
  run: (call) =>
    asOperator(call.config(), async (operator) => {
      const { email } = await operator.findUser(call.operand('EMAIL'));
      const changed = await operator.reactivateUser(email);
      call.terminal.print(changed ? `Reactivated ${email}.` : `${email} is already active.`);
    }),
};
