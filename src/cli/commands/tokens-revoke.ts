import { type Command, UsageError } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  options: {
    user: { value: 'EMAIL', about: "Revoke this user's personal tokens." },
    all: { about: 'Revoke every token of every user and every workspace.' },
  },
  about: `Revokes tokens from the next request on: their secrets are dead for good. The
tokens stay and can be regenerated. Say whose: --user EMAIL or --all.`,
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
