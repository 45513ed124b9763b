import { RequestCache } from '@pothos/plugin-scope-auth';
import type { GraphQLResolveInfo, OperationDefinitionNode } from 'graphql';
import type { AccessRequest } from '../domain/authority.ts';
import { requireGrant } from '../domain/decision.ts';
import { hasLimits, type Principal } from '../domain/principal.ts';
import { andThen, type MaybePromise } from '../platform/maybe-promise.ts';
import type { Caller } from '../services/access/caller.ts';
import { recordUse } from '../services/access/last-use.ts';
import type { Services } from '../services/services.ts';
import type { ChangeOptions, UnitOfWork } from '../services/transactions/unit-of-work.ts';
import { type Budget, createBudget, PRICE } from './budget.ts';
import type { Variables } from './cost.ts';
import { createLoaders, type Loaders } from './loaders.ts';

/** An operation that a caller asks about, with the fragments of its document. */
export interface DescribedOperation {
  readonly operation: OperationDefinitionNode;
  readonly fragments: GraphQLResolveInfo['fragments'];
}

/** What the HTTP server passes to an operation. */
export interface ServerContext {
  readonly caller: Caller;
  /** The caller, as authenticated when the request arrived. */
  readonly principal: Principal;
  /** Returns the signal that is aborted when the client closes the connection before it has the whole response. */
  signal(): AbortSignal;
  /** Sets the session cookie of the response to a secret until an instant; `null` removes the cookie. */
  setSession(secret: string | null, expiresAt: number | null): void;
  /**
   * Returns the digest of the sign-in at a provider that this browser began with a state; `null` if it began none. The
   * response deletes the cookie of it, so a browser finishes it once. Throws `CSRF_REJECTED` unless a page of a trusted
   * origin sent the request.
   */
  signInDigest(state: string): string | null;
  /**
   * Reads another operation, which is not executed, with the limits of one that is. Throws `BAD_USER_INPUT` or
   * `QUERY_TOO_COMPLEX`.
   */
  readOperation(query: string, operationName: string | null, variables: Variables): DescribedOperation;
}

/** Creates the context of an operation; `certain` is the number of units that it uses in any case. */
export type CreateContext = (server: ServerContext, certain: number) => Context;

/** The access that a field requires in one call. */
export interface FieldAccess {
  readonly request: AccessRequest;
  /** The place of the field in its operation. */
  readonly field: Pick<GraphQLResolveInfo, 'fieldName' | 'operation' | 'path'>;
}

/** The context of the resolvers of one operation. */
export interface Context {
  readonly caller: Caller;
  readonly services: Services;
  readonly loaders: Loaders;
  readonly budget: Budget;
  readonly signal: ServerContext['signal'];
  readonly setSession: ServerContext['setSession'];
  readonly signInDigest: ServerContext['signInDigest'];
  readonly readOperation: ServerContext['readOperation'];
  /** The caller, as of the last field that was authorized. */
  principal: Principal;
  /** The present instant. */
  now(): number;
  /**
   * Authorizes one call of a field against the current database. Below a mutation's payload the caller is the one that
   * the mutation started with: a token that has just regenerated itself can still read its own payload. Returns `true`, as
   * a promise only if something has to be awaited. Throws the error of the denial, or `LIMIT_REACHED` if the budget is spent.
   */
  authorize(access: FieldAccess): MaybePromise<true>;
  /** Runs a change for the caller in one transaction, which locks what it decides on and authorizes the request again. */
  change<T>(
    request: AccessRequest,
    work: (uow: UnitOfWork) => Promise<T>,
    options: ChangeOptions,
  ): Promise<T>;
  /**
   * Deletes what scope-auth cached for the operation, after its execution. scope-auth's cache is a `WeakMap` by context:
   * without the deletion the results stay correct, but a garbage collection takes six times as long.
   */
  release(): void;
}

/** Returns the context of one operation, whose budget is already reduced by the certain units. */
export function createContext(services: Services, server: ServerContext, certain: number): Context {
  const { caller } = server;
  const budget = createBudget(certain);

  /** The caller that the server has just identified, for the first field; the others identify the caller again. */
  let authenticated: Principal | null = server.principal;

  /** The use that the operation took; `null` while it has taken none. */
  let use: Promise<void> | null = null;

  function identify({ operation, path }: FieldAccess['field']): MaybePromise<Principal> {
    const isBelowPayload = operation.operation === 'mutation' && path.prev !== undefined;
    if (isBelowPayload) return context.principal;
    const principal = authenticated;
    authenticated = null;
    return principal ?? services.authentication.identifyCaller(caller);
  }

  /** Takes the one use of the operation when its first field is granted, `viewer` itself excepted. */
  function takeUse(principal: Principal, { fieldName, path }: FieldAccess['field']): MaybePromise<void> {
    if (!hasLimits(principal) || (path.prev === undefined && fieldName === 'viewer')) return undefined;
    use ??= Promise.resolve(services.uses.take(principal));
    return use;
  }

  const context: Context = {
    caller,
    services,
    budget,
    loaders: createLoaders(services, budget, () => context.principal),
    signal: server.signal,
    setSession: server.setSession,
    signInDigest: server.signInDigest,
    readOperation: server.readOperation,
    principal: server.principal,
    now: services.clock,
    authorize({ request, field }) {
      const pause = budget.takeInTurn(PRICE.statement);
      // The pause lets other requests run, and one of them can change what the caller is allowed.
      if (pause) authenticated = null;
      return andThen(pause, () =>
        andThen(identify(field), (principal) =>
          andThen(services.access.authorize(principal, request), (decision) => {
            requireGrant(decision);
            return andThen(takeUse(principal, field), () => {
              context.principal = principal;
              recordUse(services, caller, principal);
              return true;
            });
          }),
        ),
      );
    },
    change: (request, work, options) => services.changes.run(caller, request, work, options),
    release: () => RequestCache.clearForContext(context),
  };
  return context;
}
