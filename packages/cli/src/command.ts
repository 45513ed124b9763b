import { type Api, createApi } from './api.ts';
import { findCredential } from './credentials.ts';

/** The options of a command line. */
export interface Options {
  readonly scope?: readonly string[];
  readonly access?: string;
  readonly expires?: string;
  readonly description?: string;
  readonly name?: string;
  readonly overlap?: string;
  readonly status?: string;
  readonly workspace?: string;
  readonly operation?: string;
  readonly variables?: string;
  readonly server?: string;
  readonly json?: boolean;
}

/** One call of a command. */
export interface Invocation {
  readonly args: readonly string[];
  readonly options: Options;
  readonly env: NodeJS.ProcessEnv;
}

/** A command of `pat`. Throws a failure if it cannot do its work. */
export interface Command {
  /** The number of arguments, at least and at most. */
  readonly takes: readonly [number, number];
  /** The options that it takes besides `--server` and `--json`. */
  readonly options: readonly (keyof Options)[];
  readonly run: (invocation: Invocation) => Promise<void>;
}

/** Returns the API with the credential that a call uses. Throws a failure of usage. */
export const apiFor = ({ env, options }: Invocation): Api => createApi(findCredential(env, options.server));
