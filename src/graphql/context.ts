import { RequestCache } from '@pothos/plugin-scope-auth';
import type { GraphQLResolveInfo } from 'graphql';
import type { AccessRequest } from '../domain/authority.ts';
import type { Principal } from '../domain/principal.ts';
import { authorize } from '../services/access/authorize.ts';
import type { Caller } from '../services/access/caller.ts';
import type { Services } from '../services/services.ts';
import { recordUse } from '../services/tokens/last-use.ts';
import type { UnitOfWork } from '../services/transactions/unit-of-work.ts';
import { type Budget, createBudget, PRICE } from './budget.ts';
import { createLoaders, type Loaders } from './loaders.ts';

/** What the wire hands to every operation. */
export interface ServerContext {
  readonly caller: Caller;
  /** Who the caller was when the request came in. */
  readonly principal: Principal;
  /** What is aborted when the client goes before it has all of its answer. */
  gone(): AbortSignal;
  /** Puts a session's secret into the caller's cookie until an instant, or with `null` takes it out. */
  setSession(secret: string | null, expiresAt: number | null): void;
}

/** Makes the context of an operation from what the wire hands over and the units that are certain. */
export type CreateContext = (server: ServerContext, certain: number) => Context;

/** The access that a field requires in one call. */
export interface FieldAccess {
  readonly request: AccessRequest;
  /** The place of the field in its operation. */
  readonly field: Pick<GraphQLResolveInfo, 'operation' | 'path'>;
}

/** What every resolver works with. */
export interface Context {
  readonly caller: Caller;
  readonly services: Services;
  readonly loaders: Loaders;
  readonly budget: Budget;
  readonly gone: ServerContext['gone'];
  readonly setSession: ServerContext['setSession'];
  /** Who is calling, as of the last field that was judged. */
  principal: Principal;
  /** The present instant. */
  now(): number;
  /**
   * Authorizes one call of a field against the current database. Below a mutation's payload the caller is the one that
   * the mutation started with: a token that has just regenerated itself can still read its own payload. Resolves to
   * `true`; throws the refusal, or `LIMIT_REACHED` if the budget is spent.
   */
  authorize(access: FieldAccess): Promise<true>;
  /** Runs a change for the caller in one transaction, which authorizes the request again. */
  change<T>(request: AccessRequest, work: (uow: UnitOfWork) => Promise<T>): Promise<T>;
  /**
   * Deletes what scope-auth cached for the operation, after its execution. scope-auth's cache is a `WeakMap` by context:
   * without the deletion the results stay correct, but a garbage collection takes six times as long.
   */
  release(): void;
}

/** The context of one operation, of whose budget the units that are certain have been taken. */
export function createContext(services: Services, server: ServerContext, certain: number): Context {
  const { caller } = server;
  const budget = createBudget(certain);
  const context: Context = {
    caller,
    services,
    budget,
    loaders: createLoaders(services, budget, () => context.principal),
    gone: server.gone,
    setSession: server.setSession,
    principal: server.principal,
    now: services.clock,
    async authorize({ request, field: { operation, path } }) {
      const pause = budget.take(PRICE.statement);
      if (pause) await pause;
      const belowPayload = operation.operation === 'mutation' && path.prev !== undefined;
      const principal = belowPayload
        ? context.principal
        : await services.authentication.reauthenticate(services.db, caller.credential);
      await authorize(services.db, principal, request, services.clock());
      context.principal = principal;
      recordUse(services, caller, principal);
      return true;
    },
    change: (request, work) => services.changes.run(caller, request, work),
    release: () => RequestCache.clearForContext(context),
  };
  return context;
}
