import type { Command } from '../command.ts';
import { asOperator } from '../operator.ts';
import { choosePassword, GENERATE, PASSWORD_SOURCE } from '../password.ts';

export const command: Command = {
  operands: ['EMAIL'],
  options: {
    name: { value: 'NAME', about: 'The display name. Default: the part of the email before the @.' },
    generate: GENERATE,
  },
  about: `Creates a user, who can sign in, create workspaces and be invited to others. The
email is marked as verified. ${PASSWORD_SOURCE}`,
  run: (call) =>
    asOperator(call.config(), async (operator) => {
      const email = call.operand('EMAIL');
      const { password, announce } = await choosePassword(call);
      const name = call.value('name') ?? email.split('@', 1)[0] ?? '';
      const user = await operator.createUser({ email, name, password, isGenerated: call.has('generate') });
      call.terminal.print(`Created ${user.email}.`);
      announce();
    }),
};
