/** What a command exits with: refused by the server, wrong usage, or the server cannot be reached. */
const EXIT = { refused: 1, usage: 2, unreachable: 3 } as const;

/** An error that ends a command. Its message is for people. */
export interface Failure extends Error {
  readonly exitCode: number;
}

/** Returns an error that ends a command with a message, and with the exit code of its kind. */
export function failure(kind: keyof typeof EXIT, message: string): Failure {
  return Object.assign(new Error(message), { exitCode: EXIT[kind] });
}

/** Returns whether an error is one of `failure`. */
export function isFailure(error: unknown): error is Failure {
  return error instanceof Error && 'exitCode' in error;
}
