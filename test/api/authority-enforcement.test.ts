import { type ExecutionResult, execute, parse, subscribe } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holderOf } from '../../src/domain/principal.ts';
import type { Requirement } from '../../src/domain/requirement.ts';
import { kindOfSecret } from '../../src/domain/secret.ts';
import { type Context, createContext } from '../../src/graphql/context.ts';
import { toAccessRequest } from '../../src/graphql/requirement-plugin.ts';
import { digestOf } from '../../src/platform/hashing.ts';
import { buildRecordedSchema, type EnteredField, type RecordedSchema } from '../support/entered-fields.ts';
import type { Case, Recipe } from '../support/matrix/cases.ts';
import { probeFor } from '../support/matrix/cells.ts';
import { createMatrix, type Matrix } from '../support/matrix/matrix.ts';
import type { NamedCaller } from '../support/matrix/world.ts';
import { allFields } from '../support/schema.ts';

/** Every field with a requirement, including mutations and fields of objects. */
const GATED = allFields().flatMap(({ path, requires }) =>
  requires && requires.kind !== 'anyone' ? [[path, requires] as const] : [],
);

/** A call that the permission model refuses. */
interface RefusedCall {
  readonly path: string;
  readonly recipe: Recipe;
  readonly each: Case;
  readonly caller: NamedCaller;
  /** Who reads the object of a nested field, so that only the field itself can be refused to `caller`. */
  readonly reader: NamedCaller;
}

let matrix: Matrix;
const enforced = buildRecordedSchema('on');
const unenforced = buildRecordedSchema('off');

beforeAll(async () => {
  matrix = await createMatrix();
});

afterAll(() => matrix.postern.close());

/** Returns a caller who is allowed to call a nested field with the same arguments; for a root field, the caller itself. */
function readerFor({ via }: Recipe, callers: readonly NamedCaller[], each: Case, caller: NamedCaller) {
  if (!via) return caller;
  const args = JSON.stringify(each.args(caller));
  return callers.find(
    (other) => JSON.stringify(each.args(other)) === args && each.verdict(other) === 'allowed',
  );
}

/** Returns one call for each way in which the permission model refuses the field. */
function refusedCallsOf(path: string): RefusedCall[] {
  const recipe = matrix.recipes[path] as Recipe;
  const callers = matrix.callersOf(path);
  const calls = new Map<string, RefusedCall>();
  for (const caller of callers) {
    for (const each of recipe.cases) {
      const verdict = each.args(caller) && each.verdict(caller);
      const key = JSON.stringify(verdict);
      if (!verdict || typeof verdict !== 'object' || calls.has(key)) continue;
      const reader = readerFor(recipe, callers, each, caller);
      if (reader) calls.set(key, { path, recipe, each, caller, reader });
    }
  }
  return [...calls.values()];
}

function credentialOf({ secret }: NamedCaller) {
  const kind = secret && kindOfSecret(secret);
  return secret && kind ? { kind, digest: digestOf(secret), source: 'bearer' as const } : null;
}

async function contextFor(caller: NamedCaller): Promise<Context> {
  const { services } = matrix.postern;
  const credential = credentialOf(caller);
  const principal = await services.authentication.identifyCaller({ credential, address: null });
  const server = {
    caller: {
      credential,
      holder: holderOf(principal),
      address: null,
      userAgent: null,
      requestId: 'the-request',
    },
    principal,
    signal: () => new AbortController().signal,
    setSession: () => {},
    signInDigest: () => null,
    readOperation: () => expect.unreachable(),
  };
  return createContext(services, server, 0);
}

/** Executes the call: as the reader up to the object of a nested field, then as the refused caller. */
async function run({ schema, takeEntered }: RecordedSchema, { path, recipe, each, ...call }: RefusedCall) {
  const variables = each.args(call.caller) as Record<string, unknown>;
  const context = await contextFor(call.caller);
  const contextValue = await contextFor(call.reader);
  const authorizeReader = contextValue.authorize;
  contextValue.authorize = (access) =>
    access.field.path.prev ? context.authorize(access) : authorizeReader(access);
  const document = parse(probeFor(path, recipe, variables).query);
  const args = { schema, document, variableValues: variables, contextValue };
  const result = await (path.startsWith('Subscription.') ? subscribe(args) : execute(args));
  if (Symbol.asyncIterator in result) await result.return(undefined);
  const { errors = [] } = result as ExecutionResult;
  return { entered: takeEntered().find((field) => field.path === path), errors };
}

/** Returns the code with which the requirement of an entered field refuses the caller; `null` if it allows the call. */
async function refusalCode(requires: Requirement, { parent, args }: EnteredField, caller: NamedCaller) {
  const { access, authentication } = matrix.postern.services;
  const principal = await authentication.identifyCaller({ credential: credentialOf(caller), address: null });
  const decision = await access.authorize(principal, toAccessRequest(requires, parent, args));
  return decision.allowed ? null : decision.code;
}

describe('scope-auth alone keeps a refused call from entering the resolver', () => {
  test.each(GATED)('%s', async (path, requires) => {
    let refusals = 0;
    for (const call of refusedCallsOf(path)) {
      const open = await run(unenforced, call);
      const name = `${call.caller.name} on ${call.each.name}`;
      expect(open.entered, `without scope-auth: ${name}`).toBeDefined();
      if (matrix.postern.hasWritten()) await matrix.postern.reset();
      const code = await refusalCode(requires, open.entered as EnteredField, call.caller);
      // Other calls are refused because of their arguments, which only the resolver compares with the caller.
      if (code === null) continue;
      refusals += 1;
      const closed = await run(enforced, call);
      expect(closed.entered, `with scope-auth: ${name}`).toBeUndefined();
      expect(closed.errors.map(({ originalError }) => originalError)).toMatchObject([{ code }]);
    }
    expect(refusals).toBeGreaterThan(0);
    expect(matrix.postern.hasChanged()).toBe(false);
  });
});
