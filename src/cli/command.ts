import { parseArgs } from 'node:util';
import type { Config } from '../config.ts';
import { OperatorError } from '../platform/operator-error.ts';
import { alignColumns } from './columns.ts';
import type { Terminal } from './terminal.ts';

/** Arguments that the command does not accept: reported with a pointer to its help, exit code 2. */
export class UsageError extends OperatorError {}

/** An option as the help shows it. With `value`, it takes an argument of that name; without, it is a flag. */
export interface Option {
  readonly value?: string;
  readonly about: string;
}

/** One command: its help and its implementation. */
export interface Command {
  /** The names of the required positional arguments, as the help shows them. */
  readonly operands?: readonly string[];
  /** The name of further positional arguments, zero or more. */
  readonly rest?: string;
  readonly options?: Readonly<Record<string, Option>>;
  /** What it does and what to know first, in lines of at most 80 characters. */
  readonly about: string;
  /** Resolves on success. Throws a `UsageError`, or the error that made it fail. */
  run(call: Call): Promise<void>;
}

/** The parsed arguments of a command, and its surroundings. */
export interface Call {
  /** The positional argument of that name. */
  operand(name: string): string;
  /** The positional arguments after the named ones. */
  readonly rest: readonly string[];
  /** The value of an option; `undefined` if the option is absent. */
  value(option: string): string | undefined;
  /** Whether the flag is present. */
  has(flag: string): boolean;
  readonly terminal: Terminal;
  /** Reads the configuration. Throws if it is invalid, so a command that needs none must not call this. */
  config(): Config;
}

const HELP: Option = { about: 'Show this help.' };

/** Parses the arguments of a command; `null` if they ask for help. Throws a `UsageError` if they are invalid. */
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
  if (rest.length > 0 && command.rest === undefined) throw new UsageError('Too many arguments.');
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
    // Only the first sentence is useful here; the rest explains an escape that no command needs.
    throw new UsageError(`${error.message.split('. ', 1)[0]?.replace(/\.$/, '')}.`);
  }
}

/** Returns the help text of a command. */
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
