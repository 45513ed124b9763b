import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { OperatorError } from '../platform/operator-error.ts';

/** Where a command talks to its caller. */
export interface Terminal {
  /** Prints a line of what was asked for, to standard output. */
  print(line: string): void;
  /** Prints a line about how it went, to standard error: it never mixes with what was asked for. */
  tell(line: string): void;
  /**
   * Reads a password: typed twice without echo where a person sits at standard input, otherwise its first line.
   * Throws where none is given or the two differ.
   */
  readPassword(): Promise<string>;
  /** Standard input to its end, in pieces of text. */
  input(): AsyncIterable<string>;
}

/** What a terminal needs of a process. */
export interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

const NO_PASSWORD = 'No password was given.';

/** Readline echoes to its output; to this one it may. */
const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

async function typeTwice({ stdin, stderr }: Streams): Promise<string> {
  const lines = createInterface({ input: stdin, output: nowhere(), terminal: true, historySize: 0 });
  const typed = lines[Symbol.asyncIterator]();
  lines.once('SIGINT', () => lines.close());
  const ask = async (prompt: string): Promise<string> => {
    stderr.write(prompt);
    const { value, done } = await typed.next();
    stderr.write('\n');
    if (done) throw new OperatorError(NO_PASSWORD);
    return value;
  };
  try {
    const password = await ask('Password: ');
    if ((await ask('The same again: ')) !== password) throw new OperatorError('The two passwords differ.');
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

/** The terminal of a process. */
export function createTerminal(streams: Streams): Terminal {
  return {
    print: (line) => {
      streams.stdout.write(`${line}\n`);
    },
    tell: (line) => {
      streams.stderr.write(`${line}\n`);
    },
    input: () => streams.stdin.setEncoding('utf8'),
    readPassword: () => (streams.stdin.isTTY ? typeTwice(streams) : firstLine(streams.stdin)),
  };
}
