import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeGlobalId } from '../../src/domain/global-id.ts';
import { takeUses } from '../../src/storage/repositories/credential-uses.ts';
import { findToken, setLimits } from '../../src/storage/repositories/tokens.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createPersonalToken } from '../support/tokens.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
});
afterEach(() => postern.close());

test.each([
  { keepUsed: true, uses: 4, left: 2 },
  { keepUsed: true, uses: 1, left: 1 },
  { keepUsed: false, uses: 4, left: 4 },
])(
  'a new limit of $uses leaves $left uses of 2 if it keeps what is used: $keepUsed',
  async ({ keepUsed, uses, left }) => {
    const { db } = postern.database;
    const token = await createPersonalToken(postern, postern.owner.session, { limits: { uses: 3 } });
    const id = decodeGlobalId('Token', token.id);
    expect(await takeUses(db, [id])).toBe(true);
    await setLimits(db, id, { networks: null, requestsPerMinute: null, uses }, { keepUsed });
    expect((await findToken(db, id))?.usesLeft).toBe(left);
  },
);
