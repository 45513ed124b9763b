import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { OperatorError } from '../platform/operator-error.ts';

/** The input and output of a command. */
export interface Terminal {
  /** Prints a line of the result to standard output. */
  print(line: string): void;
  /** Prints a warning or an error to standard error, apart from the result. */
  report(line: string): void;
  /**
   * Reads a password: typed twice without echo if standard input is a terminal, otherwise its first line.
   * Throws an `OperatorError` if there is none or the two differ.
   */
  readPassword(): Promise<string>;
  /** Returns standard input to its end, in chunks of bytes. */
  input(): AsyncIterable<Uint8Array>;
}

/** The streams of a process that a terminal uses. */
export interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

const NO_PASSWORD =
  'No password was given. Type it at a terminal, pipe it to standard input, or use --generate.';

/** Returns an output that discards everything, because readline echoes what is typed. */
const createDiscardingOutput = () => new Writable({ write: (_chunk, _encoding, done) => done() });

async function typeTwice({ stdin, stderr }: Streams): Promise<string> {
  const lines = createInterface({
    input: stdin,
    output: createDiscardingOutput(),
    terminal: true,
    historySize: 0,
  });
  const typed = lines[Symbol.asyncIterator]();
  lines.once('SIGINT', () => lines.close());
  const prompt = async (label: string): Promise<string> => {
    stderr.write(label);
    const { value, done } = await typed.next();
    stderr.write('\n');
    if (done) throw new OperatorError(NO_PASSWORD);
    return value;
  };
  try {
    const password = await prompt('Password: ');
    if ((await prompt('Confirm password: ')) !== password)
      throw new OperatorError("The passwords don't match.");
    return password;
  } finally {
    lines.close();
  }
}

async function firstLine(input: NodeJS.ReadStream): Promise<string> {
  try {
    for await (const line of createInterface({ input })) return line;
    throw new OperatorError(NO_PASSWORD);
  } finally {
    // A pipe that its writer keeps open would keep the process alive.
    input.destroy();
  }
}

/** Returns the terminal of a process. */
export function createTerminal(streams: Streams): Terminal {
  return {
    print: (line) => {
      streams.stdout.write(`${line}\n`);
    },
    report: (line) => {
      streams.stderr.write(`${line}\n`);
    },
    input: () => streams.stdin,
    readPassword: () => (streams.stdin.isTTY ? typeTwice(streams) : firstLine(streams.stdin)),
  };
}
