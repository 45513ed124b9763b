import type { Command } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  operands: ['SLUG', 'EMAIL'],
  about: `Makes an active user an Owner of a workspace, as a member if they are none yet.
A workspace can lose its last Owner by a deactivation; this gives it another.`,
  run: (call) =>
    asOperator(call.config(), async (_operator, { setOwner }) => {
      const [slug, email] = [call.operand('SLUG'), call.operand('EMAIL')];
      const isNew = await setOwner(slug, email);
      call.terminal.print(
        isNew ? `${email} is an Owner of ${slug}.` : `${email} is an Owner of ${slug} already.`,
      );
    }),
};
