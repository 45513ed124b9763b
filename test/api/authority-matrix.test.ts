import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Case, Question, Recipe } from '../support/matrix/cases.ts';
import { misshapen, probeFor, type Reply, verdictOf } from '../support/matrix/cells.ts';
import { createMatrix, type Matrix } from '../support/matrix/matrix.ts';
import type { NamedCaller } from '../support/matrix/world.ts';
import type { Verdict } from '../support/oracle.ts';
import { allFields, isRootField } from '../support/schema.ts';
import { sample, sampleIfRepeated } from '../support/test-length.ts';

/** Every root field, and every other field with a requirement. */
const PATHS = allFields()
  .filter((field) => isRootField(field) || field.requires)
  .map(({ path }) => path);

let matrix: Matrix;
let cells = 0;

beforeAll(async () => {
  matrix = await createMatrix();
});

afterAll(async () => {
  await matrix.postern.close();
  console.log(`The authority matrix has ${cells} cells over ${PATHS.length} fields.`);
});

function recipeOf(path: string): Recipe {
  const recipe = matrix.recipes[path];
  if (recipe) return recipe;
  throw new Error(`The authority matrix has no recipe for ${path}: add one to test/support/matrix/recipes/.`);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Returns the response for an absent or hidden object, without its ids; `null` for any other response. */
function hiddenResponse(verdict: Verdict, { text }: Reply): string | null {
  const hidden = verdict === 'nothing' || (verdict !== 'allowed' && verdict.code === 'NOT_FOUND');
  return hidden ? text.replace(/[a-z]{3}_[0-9a-f]{32}/g, 'ID') : null;
}

/** Calls a field as one caller and returns what is wrong with the response. Resets the database after a change. */
async function tryCell(path: string, recipe: Recipe, caller: NamedCaller, each: Case, hidden: Set<string>) {
  const args = each.args(caller);
  if (args === null) return [];
  cells += 1;
  const { postern } = matrix;
  const { secret } = caller;
  const probe = probeFor(path, recipe, args);
  const expected = each.verdict(caller);
  const trigger = expected === 'allowed' ? recipe.trigger?.(args as Record<string, string>) : undefined;
  const reply = await postern.call({ query: probe.query, variables: args, secret }, trigger);

  const complaints: (string | null | false)[] = [];
  const found = verdictOf(reply, probe);
  complaints.push(!same(found, expected) && `${JSON.stringify(found)} and not ${JSON.stringify(expected)}`);
  const refused = typeof expected === 'object';
  complaints.push(refused && misshapen(reply, probe));
  if (path.startsWith('Mutation.') && postern.hasWritten()) {
    complaints.push(refused && postern.hasChanged() && 'a refused call changed something');
    await postern.reset();
  }
  const response = hiddenResponse(expected, reply);
  if (response) hidden.add(response);
  return complaints.filter(Boolean).map((what) => `${caller.name} on ${each.name}: ${what}`);
}

describe('every field decides as the permission model, and responds the same for absent and hidden objects', () => {
  test.each(PATHS)('%s', async (path) => {
    const recipe = recipeOf(path);
    const complaints: string[] = [];
    for (const caller of callersOf(path)) {
      const hidden = new Set<string>();
      for (const each of recipe.cases)
        complaints.push(...(await tryCell(path, recipe, caller, each, hidden)));
      if (hidden.size > 1)
        complaints.push(`${caller.name} can distinguish hidden from absent: ${[...hidden].join(' ')}`);
    }
    expect(complaints).toEqual([]);
    // Messages were published for the streams; nothing else has changed.
    expect(matrix.postern.hasChanged()).toBe(recipe.trigger !== undefined);
    if (recipe.trigger) await matrix.postern.reset();
  });
});

test('every recipe is for a field of the schema', () => {
  expect(Object.keys(matrix.recipes).filter((path) => !PATHS.includes(path))).toEqual([]);
});

/** The callers that a field is called as. At short length it is every other one, and those between at the next field. */
function callersOf(path: string): readonly NamedCaller[] {
  const callers = sample(matrix.callersOf(path), 2, PATHS.indexOf(path));
  return sampleIfRepeated(callers, { short: 6, ci: 12 });
}

/** Returns the first case, one in the middle, and the last, whose object is absent. An invalid credential is refused before any lookup. */
function someOf(cases: readonly Case[]): Case[] {
  return [...new Set([cases[0], cases[Math.floor(cases.length / 2)], cases.at(-1)])] as Case[];
}

describe('every field refuses an invalid credential', () => {
  test.each(PATHS)('%s', async (path) => {
    const recipe = recipeOf(path);
    const valid = matrix.callersOf(path)[1] as NamedCaller;
    const complaints: string[] = [];
    for (const each of someOf(recipe.cases.filter(({ args }) => args(valid)))) {
      const variables = each.args(valid) as object;
      const { query } = probeFor(path, recipe, variables);
      for (const { name, secret, status, code } of sampleIfRepeated(
        sample(matrix.invalid, 2, PATHS.indexOf(path)),
        { short: 2, ci: 4 },
      )) {
        cells += 1;
        const { body, text, ...reply } = await matrix.postern.call({ query, variables, secret });
        const codes = body.errors?.map((error) => error.extensions.code);
        const challenge = reply.headers['www-authenticate']?.split(',')[0];
        const found = [reply.status, codes, 'data' in body, challenge];
        if (!same(found, [status, [code], false, 'Bearer realm="postern"']))
          complaints.push(`${name}: ${text}`);
      }
    }
    expect(complaints).toEqual([]);
    expect(matrix.postern.hasChanged()).toBe(false);
  });
});

/** Returns the decisions of viewer.can on checks, all in one document. */
async function decisionsOn(questions: readonly Question[], secret: string | null): Promise<unknown[]> {
  const fields = questions.map(({ operation, ...others }, index) => {
    const args = Object.entries(others).map(([name, value]) => `, ${name}: ${JSON.stringify(value)}`);
    return `c${index}: can(operation: ${operation}${args.join('')}) { allowed reason required }`;
  });
  const query = `{ viewer { ${fields.join('\n')} } }`;
  const { body } = await matrix.postern.call({ query, variables: {}, secret });
  return Object.values(body.data?.viewer ?? {});
}

/** Returns the decision that viewer.can must return for a verdict; for a lookup that returns `null`, only that it is denied. */
function decisionFor(verdict: Verdict): object {
  if (verdict === 'allowed') return { allowed: true, reason: null, required: null };
  if (verdict === 'nothing') return { allowed: false };
  return { allowed: false, reason: verdict.reason ?? verdict.code, required: verdict.required ?? null };
}

describe('viewer.can makes the same decision as the call itself', () => {
  test.each(PATHS)('%s', async (path) => {
    for (const caller of callersOf(path).filter(({ secret }) => secret !== null)) {
      const cases = recipeOf(path).cases.filter(({ can, args }) => can && args(caller));
      const questions = cases.map((each) => each.can?.(caller) as Question);
      const decisions = questions.length > 0 ? await decisionsOn(questions, caller.secret) : [];
      cells += decisions.length;
      const expected = cases.map((each) => decisionFor(each.verdict(caller)));
      expect(decisions, caller.name).toMatchObject(expected);
    }
  });
});
