import { allowsPassword } from '../../domain/accounts/passwords.ts';
import type { Call, Command } from '../command.ts';
import { UsageError } from '../command.ts';
import { asOperator } from '../operator.ts';
import { choosePassword, GENERATE, PASSWORD_SOURCE } from '../password.ts';

/** Returns no password, for an account that must not use one, and a function that prints how the user signs in. */
function noPassword({ terminal, has }: Call, email: string) {
  if (has('generate')) throw new UsageError('POSTERN_PASSWORDS does not let this user use a password.');
  return {
    password: null,
    announce: () => terminal.print(`For a link to sign in, run: postern user sign-in-link ${email}`),
  };
}

export const command: Command = {
  operands: ['EMAIL'],
  options: {
    name: { value: 'NAME', about: 'The display name. Default: the part of the email before the @.' },
    generate: GENERATE,
    local: {
      about: 'A local account: it can have a password. SCIM never reaches it.',
    },
  },
  about: `Creates a user, who can sign in, create workspaces and be invited to others. The
email is marked as verified. ${PASSWORD_SOURCE}
If POSTERN_PASSWORDS lets the user use no password, none is read.`,
  run: (call) => {
    const config = call.config();
    return asOperator(config, async (operator) => {
      const email = call.operand('EMAIL');
      const isLocal = call.has('local');
      const isAllowed = allowsPassword(config.passwordSignIn, { isLocal });
      const { password, announce } = isAllowed ? await choosePassword(call) : noPassword(call, email);
      const name = call.value('name') ?? email.split('@', 1)[0] ?? '';
      const isGenerated = call.has('generate');
      const user = await operator.createUser({ email, name, password, isGenerated, isLocal });
      call.terminal.print(`Created ${user.email}.`);
      announce();
    });
  },
};
