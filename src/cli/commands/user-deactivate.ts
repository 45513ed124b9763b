import type { Token } from '../../domain/token.ts';
import type { Command } from '../command.ts';
import { asOperator } from '../operator.ts';

/** Returns one line per token: identifier, role and name. */
function listOf(tokens: readonly Token[]): string {
  return tokens.map(({ identifier, role, name }) => `  ${identifier}  ${role}  ${name}`).join('\n');
}

export const command: Command = {
  operands: ['EMAIL'],
  options: { 'revoke-created': { about: 'Revoke the workspace tokens that the user created.' } },
  about: `Blocks a user immediately: all sessions end, and the personal tokens are refused
until the user is reactivated. Lists the workspace tokens that the user created:
they keep working unless you revoke them.`,
  run: (call) =>
    asOperator(call.config(), async (operator) => {
      const { email } = await operator.findUser(call.operand('EMAIL'));
      const revokes = call.has('revoke-created');
      const { isNew, created } = await operator.deactivateUser(email, revokes);
      call.terminal.print(isNew ? `Deactivated ${email}.` : `${email} is already deactivated.`);
      if (created.length === 0) return;
      const what = revokes
        ? 'Revoked the workspace tokens that the user created'
        : 'Workspace tokens that the user created keep working; --revoke-created revokes them';
      call.terminal.print(`${what}:\n${listOf(created)}`);
    }),
};
