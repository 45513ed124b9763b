import { parseArgs } from 'node:util';
import type { Config } from '../config.ts';
import { OperatorError } from '../platform/operator-error.ts';
import { alignColumns } from './columns.ts';
import type { Terminal } from './terminal.ts';

/** A call that does not fit the command: told with a pointer to the help, exit code 2. */
export class UsageError extends OperatorError {}

/** An option as the help shows it. With `value`, the name of what must follow it; without, it is a flag. */
export interface Option {
  readonly value?: string;
  readonly about: string;
}

/** One command: what its help says, and what it does. */
export interface Command {
  /** What follows the options, by the names that the help gives them: all of them must be there. */
  readonly operands?: readonly string[];
  /** What may follow them, none or many, by the name that the help gives it. */
  readonly rest?: string;
  readonly options?: Readonly<Record<string, Option>>;
  /** What it does and what to know before, in lines of at most 80 characters. */
  readonly about: string;
  /** Resolves when it has succeeded. Throws a `UsageError`, or what went wrong. */
  run(call: Call): Promise<void>;
}

/** A command as it was called. */
export interface Call {
  /** An operand by the name that the command gives it. */
  operand(name: string): string;
  /** What follows the operands. */
  readonly rest: readonly string[];
  /** The value of an option that takes one, if it was given. */
  value(option: string): string | undefined;
  /** Whether a flag was given. */
  has(flag: string): boolean;
  readonly terminal: Terminal;
  /** Reads the configuration. Throws where it is wrong; so a command that needs none does not ask. */
  config(): Config;
}

const HELP: Option = { about: 'Show this help.' };

/** Reads the arguments of a command; `null` where they ask for help. Throws a `UsageError` where they do not fit. */
export function parseCall(
  command: Command,
  args: readonly string[],
): Pick<Call, 'operand' | 'rest' | 'value' | 'has'> | null {
  if (args.includes('--help') || args.includes('-h')) return null;
  const options = Object.fromEntries(
    Object.entries(command.options ?? {}).map(([name, option]) => [
      name,
      { type: option.value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const { values, positionals } = parse(args, options);
  const expected = command.operands ?? [];
  if (positionals.length < expected.length)
    throw new UsageError(`${expected[positionals.length]} is missing.`);
  const rest = positionals.slice(expected.length);
  if (rest.length > 0 && command.rest === undefined) throw new UsageError('There are too many arguments.');
  return {
    operand: (name) => positionals[expected.indexOf(name)] as string,
    rest,
    value: (option) => values[option] as string | undefined,
    has: (flag) => values[flag] === true,
  };
}

function parse(args: readonly string[], options: Record<string, { type: 'boolean' | 'string' }>) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof TypeError && 'code' in error)) throw error;
    // The first sentence says it; what follows teaches an escape that no command needs.
    throw new UsageError(`${error.message.split('. ', 1)[0]?.replace(/\.$/, '')}.`);
  }
}

/** The help of a command. */
export function helpOf(name: string, command: Command): string {
  const options = Object.entries({ ...command.options, help: HELP }).map(([option, { value, about }]) => [
    `--${option}${value === undefined ? '' : ` ${value}`}`,
    about,
  ]);
  const operands = (command.operands ?? []).map((operand) => ` ${operand}`).join('');
  const rest = command.rest === undefined ? '' : ` [${command.rest}...]`;
  return [
    `Usage: postern ${name}${operands}${rest} [options]`,
    '',
    command.about,
    '',
    'Options:',
    ...alignColumns(options, '  '),
  ].join('\n');
}
