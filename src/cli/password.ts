import { createSecretSource } from '../platform/secrets.ts';
import type { Call, Option } from './command.ts';

const GENERATED_LENGTH = 20;

/** The flag of every command that sets a password. */
export const GENERATE: Option = { about: 'Make up a random password and print it, once.' };

/** What the help of such a command says of where the password comes from. */
export const PASSWORD_SOURCE = `The password is asked for at a terminal, and read from
the first line of standard input elsewhere.`;

/** The password that a command is to set, and how to tell it where nobody knows it yet. */
export async function choosePassword(call: Call): Promise<{ password: string; announce(): void }> {
  if (!call.has('generate')) return { password: await call.terminal.readPassword(), announce: () => {} };
  const password = createSecretSource('').text(GENERATED_LENGTH);
  return { password, announce: () => call.terminal.print(`Password, shown only now: ${password}`) };
}
