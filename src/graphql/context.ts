import { contextCacheSymbol } from '@pothos/core';
import type { GraphQLResolveInfo } from 'graphql';
import type { Ask } from '../domain/authority.ts';
import { failure } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';
import { judge } from '../services/authority.ts';
import type { Caller } from '../services/caller.ts';
import type { Change } from '../services/changes.ts';
import { recordUse } from '../services/last-use.ts';
import type { Services } from '../services/services.ts';
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

/** What every resolver works with. */
export interface Context {
  readonly caller: Caller;
  readonly services: Services;
  readonly loaders: Loaders;
  readonly gone: ServerContext['gone'];
  readonly setSession: ServerContext['setSession'];
  /** Who is calling, as of the last field that was judged. */
  principal: Principal;
  /** The present instant. */
  now(): number;
  /**
   * Judges the ask of a field by the database as it stands now. Below a mutation's payload the caller is who it was when
   * the mutation began: a token that has just regenerated itself still reads its own payload. Throws the refusal, or
   * `LIMIT_REACHED` after too many asks.
   */
  judge(ask: Ask, field: Pick<GraphQLResolveInfo, 'operation' | 'path'>): Promise<void>;
  /** Changes something for the caller, in one transaction in which the ask is judged once more. */
  change<T>(ask: Ask, work: (change: Change) => Promise<T>): Promise<T>;
}

/**
 * What plugins of Pothos keep for a request they keep under this, in a map that is weak in its keys: with a key of its
 * own for every request, each collection of garbage took 10 ms and more instead of 1. All requests can have the same
 * one because none leaves anything there: fields judge their needs themselves, by the context that they are called with.
 */
const NOTHING_KEPT = {};

/** Every list inside a list is judged once a row above it, so this bounds what one operation can make the server read. */
const JUDGEMENTS_MAX = 1000;

/** The context of one operation. */
export function createContext(services: Services, server: ServerContext): Context {
  const { caller } = server;
  let judgements = 0;
  const context: Context & { [contextCacheSymbol]: object } = {
    [contextCacheSymbol]: NOTHING_KEPT,
    caller,
    services,
    loaders: createLoaders(services),
    gone: server.gone,
    setSession: server.setSession,
    principal: server.principal,
    now: services.clock,
    async judge(ask, { operation, path }) {
      if (++judgements > JUDGEMENTS_MAX) {
        throw failure(
          'LIMIT_REACHED',
          'The operation asks for too many lists at once: ask for smaller pages.',
        );
      }
      const belowPayload = operation.operation === 'mutation' && path.prev !== undefined;
      const principal = belowPayload
        ? context.principal
        : await services.authentication.recall(services.db, caller.credential);
      await judge(services.db, principal, ask, services.clock());
      context.principal = principal;
      recordUse(services, caller, principal);
    },
    change: (ask, work) => services.changes.run(caller, ask, work),
  };
  return context;
}
