import { createSecretSource } from '../platform/secrets.ts';
import type { Call, Option } from './command.ts';

const GENERATED_LENGTH = 20;

/** The flag of every command that sets a password. */
export const GENERATE: Option = { about: 'Generate a password and print it once. The user must change it.' };

/** The part of the help of such a command that says where the password comes from. */
export const PASSWORD_SOURCE = `At a terminal, you are prompted for the password.
Otherwise it is the first line of standard input.`;

/** Returns the password to set, and a function that prints it if it was generated. */
export async function choosePassword(call: Call): Promise<{ password: string; announce(): void }> {
  if (!call.has('generate')) return { password: await call.terminal.readPassword(), announce: () => {} };
  const password = createSecretSource('').text(GENERATED_LENGTH);
  return {
    password,
    announce: () => call.terminal.print(`Generated password (it won't be shown again): ${password}`),
  };
}
