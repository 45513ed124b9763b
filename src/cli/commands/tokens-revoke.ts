import { type Command, UsageError } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  options: {
    user: { value: 'EMAIL', about: "Revoke this user's personal tokens." },
    all: { about: 'Revoke every token of every user and every workspace.' },
  },
  about: `Revokes tokens immediately: their secrets stop working permanently. The tokens
remain and can be regenerated. Give either --user EMAIL or --all.`,
  async run(call) {
    const email = call.value('user');
    if ((email !== undefined) === call.has('all')) throw new UsageError('Give either --user EMAIL or --all.');
    await asOperator(call.config(), async (operator) => {
      const revoked = await (email === undefined
        ? operator.revokeAllTokens()
        : operator.revokeTokensOf(email));
      call.terminal.print(`Tokens revoked: ${revoked}.`);
    });
  },
};
