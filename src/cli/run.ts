import { existsSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { ConfigError } from '../config.ts';
import { PosternError } from '../domain/errors.ts';
import { OperatorError } from '../platform/operator-error.ts';
import { isUnavailable } from '../storage/errors.ts';
import { alignColumns } from './columns.ts';
import { type Call, helpOf, parseCall, UsageError } from './command.ts';
import { COMMANDS, type CommandEntry } from './commands.ts';

const DONE = 0;
const FAILED = 1;
const USAGE_ERROR = 2;

/** The terminal and configuration that a command runs with. */
export type Surroundings = Pick<Call, 'terminal' | 'config'>;

function overviewOf(entries: readonly CommandEntry[]): string {
  return [
    'Usage: postern COMMAND [options]',
    '',
    'Operates a Postern server. Changes take effect immediately, even while the server',
    'runs. Commands read the same configuration as the server: the environment and the',
    'file .env.',
    '',
    'Commands:',
    ...alignColumns(
      entries.map(({ name, summary }) => [name, summary]),
      '  ',
    ),
    '',
    'Run postern COMMAND --help for details, and postern --version for the version.',
    'Exit codes: 0 success, 1 failure, 2 usage error.',
  ].join('\n');
}

/** The manifest of the package, from `src/cli` and from `dist/src/cli`. */
const MANIFESTS = ['../../package.json', '../../../package.json'] as const;

/** Returns the version of this package. */
function versionOf(): string {
  const file = MANIFESTS.map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url));
  return file ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : 'unknown';
}

function isHelp(word: string | undefined): boolean {
  return word === '--help' || word === '-h' || word === 'help';
}

/** Prints the overview of all commands or of one group. Returns 0 if help was requested, otherwise 2. */
function overview(words: readonly string[], { terminal }: Surroundings): number {
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${words[0]} `));
  const entries = group.length > 0 ? group : COMMANDS;
  const rest = group.length > 0 ? words.slice(1) : words;
  if (isHelp(rest[0])) {
    terminal.print(overviewOf(entries));
    return DONE;
  }
  if (rest.length > 0) terminal.report(`Unknown command "${words.slice(0, 2).join(' ')}".\n`);
  terminal.report(overviewOf(entries));
  return USAGE_ERROR;
}

/** Returns the message of an error that the caller can correct; otherwise the error with its stack. */
function describeError(error: unknown): string {
  if (error instanceof PosternError && error.detail.issues) {
    return error.detail.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ');
  }
  const isForPeople = [PosternError, OperatorError, ConfigError].some((kind) => error instanceof kind);
  const isOfTheSystem = isUnavailable(error) || (error instanceof Error && 'syscall' in error);
  return isForPeople || isOfTheSystem ? (error as Error).message : inspect(error);
}

async function runCommand(
  entry: CommandEntry,
  args: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const { terminal } = surroundings;
  const { command } = await entry.load();
  try {
    const call = parseCall(command, args);
    if (call) await command.run({ ...call, ...surroundings });
    else terminal.print(helpOf(entry.name, command));
    return DONE;
  } catch (error) {
    terminal.report(`postern ${entry.name}: ${describeError(error)}`);
    if (!(error instanceof UsageError)) return FAILED;
    terminal.report(`Run postern ${entry.name} --help for usage.`);
    return USAGE_ERROR;
  }
}

/** Runs the command that the words name. Resolves to the exit code: 0 success, 1 failure, 2 usage error. */
export async function run(words: readonly string[], surroundings: Surroundings): Promise<number> {
  if (words[0] === '--version' || words[0] === '-V') {
    surroundings.terminal.print(versionOf());
    return DONE;
  }
  const entry = COMMANDS.find(({ name }) => name.split(' ').every((word, index) => word === words[index]));
  return entry
    ? runCommand(entry, words.slice(entry.name.split(' ').length), surroundings)
    : overview(words, surroundings);
}
