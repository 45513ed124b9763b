import { contextCacheSymbol } from '@pothos/core';
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
   * Judges the ask of a field by the database as it stands now. Below a mutation's payload the caller is who it was when
   * the mutation began: a token that has just regenerated itself still reads its own payload. Throws the refusal, or
   * `LIMIT_REACHED` if the budget is spent.
   */
  authorize(ask: AccessRequest, field: Pick<GraphQLResolveInfo, 'operation' | 'path'>): Promise<void>;
  /** Changes something for the caller, in one transaction in which the ask is judged once more. */
  change<T>(ask: AccessRequest, work: (uow: UnitOfWork) => Promise<T>): Promise<T>;
}

/**
 * What plugins of Pothos keep for a request they keep under this, in a map that is weak in its keys: with a key of its
 * own for every request, each collection of garbage took 10 ms and more instead of 1. All requests can have the same
 * one because none leaves anything there: fields judge their needs themselves, by the context that they are called with.
 */
const NOTHING_KEPT = {};

/** The context of one operation, of whose budget the units that are certain have been taken. */
export function createContext(services: Services, server: ServerContext, certain: number): Context {
  const { caller } = server;
  const budget = createBudget(certain);
  const context: Context & { [contextCacheSymbol]: object } = {
    [contextCacheSymbol]: NOTHING_KEPT,
    caller,
    services,
    budget,
    loaders: createLoaders(services, budget, () => context.principal),
    gone: server.gone,
    setSession: server.setSession,
    principal: server.principal,
    now: services.clock,
    async authorize(ask, { operation, path }) {
      const pause = budget.take(PRICE.statement);
      if (pause) await pause;
      const belowPayload = operation.operation === 'mutation' && path.prev !== undefined;
      const principal = belowPayload
        ? context.principal
        : await services.authentication.reauthenticate(services.db, caller.credential);
      await authorize(services.db, principal, ask, services.clock());
      context.principal = principal;
      recordUse(services, caller, principal);
    },
    change: (ask, work) => services.changes.run(caller, ask, work),
  };
  return context;
}
