import { parseArgs } from 'node:util';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { kindOfSecret, type SecretKind } from '../../src/domain/secret.ts';
import { digestOf } from '../../src/platform/hashing.ts';
import type { AccessCheck } from '../../src/services/access/access-checks.ts';
import type { Credential } from '../../src/services/access/caller.ts';
import { openDatabase } from '../../src/storage/open.ts';
import { reportCallers, reportLoop } from '../measured.ts';
import { secretOf } from '../seed.ts';
import { shuffled } from '../walk.ts';

// What /verify does, in process and from the secret on: its shape and checksum, its digest, whose it is, and whether it may
// do one thing. Over some of all tokens in random order; with --uncached, nothing is remembered of one time for the next.
const QUESTION: AccessCheck = { operation: 'READ', entityType: 'workspace' };

const { values } = parseArgs({
  options: {
    among: { type: 'string', default: '0' },
    walked: { type: 'string', default: '0' },
    callers: { type: 'string', default: '1' },
    uncached: { type: 'boolean', default: false },
  },
});
const callers = Number(values.callers);
const config = readConfig({ ...process.env, POSTERN_LOG_LEVEL: 'warn' });
// Opened here, so that several programs may read the same file: the server's own way would lock it.
const database = await openDatabase(config.databaseUrl);
// Without the version that says for how long what was read is true, nothing is kept.
if (values.uncached) Object.assign(database, { version: null });
const app = await createApp(config, { database });
const { access, authentication } = app.services;
const walk = shuffled(Number(values.among)).slice(0, Number(values.walked)).map(secretOf);

async function verify(turn: number): Promise<void> {
  const secret = walk[turn % walk.length] as string;
  const kind = kindOfSecret(secret) as SecretKind;
  const credential: Credential = { kind, digest: digestOf(secret), source: 'bearer' };
  const principal = await authentication.authenticate(credential);
  const { allowed } = await access.check(principal, QUESTION);
  if (!allowed) throw new Error('a token was refused');
}

if (callers === 1) reportLoop(verify);
else reportCallers(callers, verify);
