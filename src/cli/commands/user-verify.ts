import type { Command } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  operands: ['EMAIL'],
  about: `Marks the email of a user as verified: you vouch that it is this person's. From
then on /verify and introspection tell other services the email, and anybody can
share channels with it. The users that you create are verified.`,
  run: (call) =>
    asOperator(call.config(), async (operator) => {
      const { email } = await operator.findUser(call.operand('EMAIL'));
      const changed = await operator.verifyEmail(email);
      call.terminal.print(changed ? `Verified ${email}.` : `${email} is verified already.`);
    }),
};
