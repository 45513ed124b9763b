import type { Command } from '../command.ts';
import { asOperator } from '../operator.ts';
import { choosePassword, GENERATE, PASSWORD_SOURCE } from '../password.ts';

export const command: Command = {
  operands: ['EMAIL'],
  options: {
    'keep-tokens': { about: "Do not revoke the user's personal tokens." },
    generate: GENERATE,
  },
  about: `Sets a new password, ends all sessions and revokes the personal tokens.
${PASSWORD_SOURCE}`,
  run: (call) =>
    asOperator(call.config(), async (operator) => {
      const { email } = await operator.findUser(call.operand('EMAIL'));
      const { password, announce } = await choosePassword(call);
      const { endedSessions, revokedTokens } = await operator.resetPassword(
        email,
        password,
        call.has('keep-tokens'),
        call.has('generate'),
      );
      call.terminal.print(
        `Reset the password of ${email}. Sessions ended: ${endedSessions}. Tokens revoked: ${revokedTokens}.`,
      );
      announce();
    }),
};
