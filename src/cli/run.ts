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
const MISUSED = 2;

/** What a command has of its surroundings. */
export type Surroundings = Pick<Call, 'terminal' | 'config'>;

function overviewOf(entries: readonly CommandEntry[]): string {
  return [
    'Usage: postern COMMAND [options]',
    '',
    'Operates a Postern server. What a command changes holds from the next request of a',
    'server that runs beside it on the same database. Configured like the server, by the',
    'environment and the file .env.',
    '',
    'Commands:',
    ...alignColumns(
      entries.map(({ name, summary }) => [name, summary]),
      '  ',
    ),
    '',
    'postern COMMAND --help tells more. Exit codes: 0 done, 1 failed, 2 wrongly called.',
  ].join('\n');
}

function isHelp(word: string | undefined): boolean {
  return word === '--help' || word === '-h' || word === 'help';
}

/** Answers words that name no command: with the overview, of all or of one group, where that is what they ask for. */
function overview(words: readonly string[], { terminal }: Surroundings): number {
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${words[0]} `));
  const entries = group.length > 0 ? group : COMMANDS;
  const rest = group.length > 0 ? words.slice(1) : words;
  if (isHelp(rest[0])) {
    terminal.print(overviewOf(entries));
    return DONE;
  }
  if (rest.length > 0) terminal.tell(`There is no command "${words.slice(0, 2).join(' ')}".\n`);
  terminal.tell(overviewOf(entries));
  return MISUSED;
}

/** What to tell of an error: a sentence where the caller can mend it, all of it where only a developer can. */
function explain(error: unknown): string {
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
    terminal.tell(`postern ${entry.name}: ${explain(error)}`);
    if (!(error instanceof UsageError)) return FAILED;
    terminal.tell(`postern ${entry.name} --help tells how to call it.`);
    return MISUSED;
  }
}

/** Runs the command that the words name. Resolves to the exit code: 0 done, 1 failed, 2 wrongly called. */
export async function run(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const entry = COMMANDS.find(({ name }) => name.split(' ').every((word, index) => word === words[index]));
  return entry
    ? runCommand(entry, words.slice(entry.name.split(' ').length), surroundings)
    : overview(words, surroundings);
}
