import type { Deactivation } from '../../services/accounts/operator.ts';
import type { Command } from '../command.ts';
import { asOperator } from '../operator.ts';

/** Returns one line per token: identifier, role and name; for a federation its issuer, role and name. */
function listOf({ created, federations }: Deactivation): string[] {
  return [
    ...created.map(({ identifier, role, name }) => `  ${identifier}  ${role}  ${name}`),
    ...federations.map(({ issuer, role, name }) => `  federation of ${issuer}  ${role}  ${name}`),
  ];
}

export const command: Command = {
  operands: ['EMAIL'],
  options: { 'revoke-created': { about: 'Revoke what the user created: workspace tokens, federations.' } },
  about: `Blocks a user immediately: all sessions end, and the personal tokens are refused
until the user is reactivated. Lists the workspace tokens and federations that
the user created: they keep working unless you revoke them.`,
  run: (call) =>
    asOperator(call.config(), async (operator) => {
      const { email } = await operator.findUser(call.operand('EMAIL'));
      const revokes = call.has('revoke-created');
      const deactivation = await operator.deactivateUser(email, revokes);
      const { isNew } = deactivation;
      const lines = listOf(deactivation);
      call.terminal.print(isNew ? `Deactivated ${email}.` : `${email} is already deactivated.`);
      if (lines.length === 0) return;
      const what = revokes
        ? 'Revoked what the user created'
        : 'What the user created keeps working; --revoke-created revokes it';
      call.terminal.print(`${what}:\n${lines.join('\n')}`);
    }),
};
