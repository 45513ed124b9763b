import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { createDocuments } from '../../src/http/graphql/documents.ts';
import { startWire, type TestWire } from '../support/http.ts';

const MEGABYTE = 1024 * 1024;

/** Returns a valid document of 950 tokens that is cheap to validate and to execute. */
function documentNamed(name: string): string {
  return Array.from({ length: 190 }, (_, i) => `query ${name}${i} { __typename }`).join(' ');
}

describe('the documents that clients send', () => {
  const documents = createDocuments(schema, MEGABYTE);

  /** Returns whether a document is cached after it was sent three times. */
  function isKept(query: string): boolean {
    const [, second, third] = [query, query, query].map(documents.read);
    return second === third;
  }

  test('are cached when they are sent for the second time', () => {
    const query = 'query Twice { __typename }';
    const first = documents.read(query);
    const second = documents.read(query);
    expect(second).not.toBe(first);
    expect(documents.read(query)).toBe(second);
    expect(second).toMatchObject({ errors: [], document: { kind: 'Document' } });
  });

  test('are not cached if they are invalid', () => {
    for (const query of ['{', '{ nope }', `{ ${'a: __typename '.repeat(31)} }`]) {
      expect(isKept(query)).toBe(false);
      expect(documents.read(query).errors).toHaveLength(1);
    }
  });

  test('are dropped by the weight of tokens and text, least recently used first', () => {
    const small = 'query Small { __typename }';
    const long = `query Long { __typename } # ${'x'.repeat(300_000)}`;
    const large = documentNamed('Large');
    expect([small, long, large].map((query) => isKept(query))).toEqual([true, true, true]);
    const cached = [long, large, small].map(documents.read);
    expect(isKept(documentNamed('Another'))).toBe(true);
    expect(documents.read(small)).toBe(cached[2]);
    expect(documents.read(large)).toBe(cached[1]);
    expect(documents.read(long)).not.toBe(cached[0]);
  });

  test('above the capacity are never cached, and displace nothing', () => {
    const small = 'query Displaced { __typename }';
    expect(isKept(small)).toBe(true);
    const cached = documents.read(small);
    expect(isKept(`query Heavy { __typename } # ${'x'.repeat(MEGABYTE)}`)).toBe(false);
    expect(documents.read(small)).toBe(cached);
  });

  test('keep the locations of field errors when cached', async () => {
    const wire = await startWire();
    const query =
      '{ viewer { kind }\n  token(id: "tok_0") { id }\n  here: tokens(first: 1000) { totalCount } }';
    const headers = { Authorization: `Bearer ${wire.postern.owner.session}` };
    for (let times = 0; times < 3; times += 1) {
      const { errors } = (await (await wire.post({ query }, headers)).json()) as { errors: object[] };
      expect(errors).toMatchObject([{ locations: [{ line: 3, column: 3 }], path: ['here'] }]);
    }
    await wire.stop();
  });
});

describe('requests of anonymous callers', () => {
  let wire: TestWire;
  beforeAll(async () => {
    wire = await startWire({ POSTERN_ANONYMOUS_PER_MINUTE: '0', POSTERN_REFUSALS_PER_MINUTE: '0' });
  });
  afterAll(() => wire.stop());

  function heapUsed(): number {
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    return process.memoryUsage().heapUsed;
  }

  test.each([
    ['Lane', '*/*'],
    ['Yoga', 'text/event-stream'],
  ])('take no memory after the response of %s', async (way, accept) => {
    const send = async (name: string) => {
      const operationName = `${name}0`;
      const response = await wire.post({ query: documentNamed(name), operationName }, { Accept: accept });
      expect(await response.text()).toContain('{"data":{"__typename":"Query"');
    };
    await send(`${way}Warm`);
    const before = heapUsed();
    for (let i = 0; i < 50; i += 1) await send(`${way}${i}At`);
    expect(heapUsed() - before).toBeLessThan(5 * MEGABYTE);
  });

  test('take no memory after the response of /verify', async () => {
    const send = async (id: string) => {
      const url = `http://postern.test/verify?operation=read&entityType=token&entityId=${id.repeat(2500)}`;
      expect((await wire.postern.fetch(new Request(url))).status).toBe(401);
    };
    await send('x');
    const before = heapUsed();
    for (let i = 0; i < 400; i += 1) await send(`q${i}.`);
    expect(heapUsed() - before).toBeLessThan(3 * MEGABYTE);
  });
});
