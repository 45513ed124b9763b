import { parseArgs } from 'node:util';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { kindOfSecret, type SecretKind } from '../../src/domain/secret.ts';
import { digestOf } from '../../src/platform/hashing.ts';
import { andThen, type MaybePromise } from '../../src/platform/maybe-promise.ts';
import type { AccessCheck } from '../../src/services/access/access-checks.ts';
import type { Credential } from '../../src/services/access/caller.ts';
import { openDatabase } from '../../src/storage/open.ts';
import { reportCallers, reportLoop } from '../measured.ts';
import { secretOf } from '../seed.ts';
import { shuffled } from '../walk.ts';

// Does the work of /verify in process, from the secret on: shape and checksum, digest, authentication and one check. Runs
// over some of all tokens in random order; with --uncached, nothing is cached from one turn to the next.
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
// Opened here, so that several programs can read the same file, which the server would lock.
const database = await openDatabase(config.databaseUrl);
// Without the data version, which limits how long a read value is valid, nothing is cached.
if (values.uncached) Object.assign(database, { version: null });
const app = await createApp(config, { database });
const { access, authentication } = app.services;
const walk = shuffled(Number(values.among)).slice(0, Number(values.walked)).map(secretOf);

function verify(turn: number): MaybePromise<void> {
  const secret = walk[turn % walk.length] as string;
  const kind = kindOfSecret(secret) as SecretKind;
  const credential: Credential = { kind, digest: digestOf(secret), source: 'bearer' };
  return andThen(authentication.authenticate(credential, null), (principal) =>
    andThen(access.check(principal, QUESTION), ({ allowed }) => {
      if (!allowed) throw new Error('a token was refused');
    }),
  );
}

if (callers === 1) reportLoop(verify);
else reportCallers(callers, verify);
