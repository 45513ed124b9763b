import type { Command } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  operands: ['EMAIL'],
  about: `Marks the email of a user as verified: you confirm that it belongs to this
person. /verify and introspection then return the email to other services, and
any workspace can share channels with it. Users that you create are verified.`,
  run: (call) =>
    asOperator(call.config(), async (operator) => {
      const { email } = await operator.findUser(call.operand('EMAIL'));
      const changed = await operator.verifyEmail(email);
      call.terminal.print(changed ? `Verified ${email}.` : `${email} is already verified.`);
    }),
};
