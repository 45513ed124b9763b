import { type Kysely, sql } from 'kysely';

async function createUsers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('users')
    .addColumn('id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('email', 'text', (c) => c.notNull().unique())
    .addColumn('email_verified_at', 'bigint')
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('password_hash', 'text')
    .addColumn('password_temporary', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('is_local', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('deactivated_at', 'bigint')
    .addColumn('deactivated_by', 'text')
    .addColumn('credentials_not_before', 'bigint')
    .addColumn('signed_in_at', 'bigint')
    .addCheckConstraint('users_password_temporary', sql`password_temporary in (0, 1)`)
    .addCheckConstraint('users_is_local', sql`is_local in (0, 1)`)
    .addCheckConstraint('users_deactivated_by', sql`deactivated_by in ('OPERATOR', 'DIRECTORY')`)
    .addCheckConstraint('users_deactivation', sql`deactivated_by is null or deactivated_at is not null`)
    .execute();
  await db.schema
    .createIndex('users_by_deactivation')
    .on('users')
    .column('deactivated_at')
    .where(sql.ref('deactivated_at'), 'is not', null)
    .execute();
}

async function createIdentities(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('identities')
    .addColumn('id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('linked_at', 'bigint', (c) => c.notNull())
    .addColumn('last_used_at', 'bigint')
    .addColumn('suspended_at', 'bigint')
    .addColumn('removed_at', 'bigint')
    .addColumn('groups_source', 'text')
    .addColumn('groups_at', 'bigint')
    .addCheckConstraint('identities_groups_source', sql`groups_source in ('claim', 'scim')`)
    .addCheckConstraint('identities_groups_at', sql`(groups_source is null) = (groups_at is null)`)
    .addUniqueConstraint('identities_subject', ['provider', 'subject'])
    .execute();
  await db.schema.createIndex('identities_by_user').on('identities').column('user_id').execute();
}

/** Sign-ins at a provider that the console has yet to finish. No references: a row lives for minutes. */
async function createProviderSignIns(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('provider_sign_ins')
    .addColumn('digest', 'text', (c) => c.notNull().primaryKey())
    .addColumn('intent', 'text', (c) => c.notNull())
    .addColumn('user_id', 'text')
    .addColumn('return_to', 'text', (c) => c.notNull())
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('email', 'text')
    .addColumn('email_verified', 'integer')
    .addColumn('name', 'text')
    .addColumn('provider_session', 'text')
    .addColumn('authenticated_at', 'bigint', (c) => c.notNull())
    // A JSON list; null if the provider did not say, so that the groups stay as they are.
    .addColumn('groups', 'text')
    .addColumn('issued_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addCheckConstraint('provider_sign_ins_intent', sql`intent in ('sign-in', 'link', 'reauthenticate')`)
    .addCheckConstraint('provider_sign_ins_user', sql`(intent = 'sign-in') = (user_id is null)`)
    .addCheckConstraint('provider_sign_ins_email_verified', sql`email_verified in (0, 1)`)
    .execute();
  await db.schema
    .createIndex('provider_sign_ins_by_expiry')
    .on('provider_sign_ins')
    .column('expires_at')
    .execute();
}

/** The JSON Web Tokens that count once: logout tokens of providers, and those that were exchanged. */
async function createUsedJwts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('used_jwts')
    .addColumn('digest', 'text', (c) => c.notNull().primaryKey())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('used_jwts_by_expiry').on('used_jwts').column('expires_at').execute();
}

async function createSessions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('sessions')
    .addColumn('id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('digest', 'text', (c) => c.notNull().unique())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('authenticated_at', 'bigint', (c) => c.notNull())
    .addColumn('ip', 'text')
    .addColumn('user_agent', 'text')
    .addColumn('identity_id', 'text', (c) => c.references('identities.id').onDelete('set null'))
    .addColumn('provider_session', 'text')
    .addColumn('command_line', 'text')
    .execute();
  await db.schema.createIndex('sessions_by_identity').on('sessions').column('identity_id').execute();
  await db.schema
    .createIndex('sessions_by_provider_session')
    .on('sessions')
    .column('provider_session')
    .execute();
  await db.schema.createIndex('sessions_by_user').on('sessions').columns(['user_id', 'created_at']).execute();
  await db.schema.createIndex('sessions_by_expiry').on('sessions').column('expires_at').execute();
}

/** The requests of clients, such as command lines, for a session or a token (RFC 8628). */
async function createDeviceRequests(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('device_requests')
    .addColumn('digest', 'text', (c) => c.notNull().primaryKey())
    .addColumn('user_code_digest', 'text', (c) => c.notNull().unique())
    .addColumn('client_id', 'text', (c) => c.notNull())
    .addColumn('client_name', 'text', (c) => c.notNull())
    .addColumn('address', 'text')
    .addColumn('scopes', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('poll_interval', 'bigint', (c) => c.notNull())
    .addColumn('polled_at', 'bigint')
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('session_id', 'text', (c) => c.references('sessions.id').onDelete('cascade'))
    .addColumn('token', 'text')
    .addCheckConstraint('device_requests_status', sql`status in ('PENDING', 'APPROVED', 'DENIED')`)
    .addCheckConstraint('device_requests_session', sql`(status = 'PENDING') = (session_id is null)`)
    .addCheckConstraint('device_requests_token', sql`token is null or status = 'APPROVED'`)
    .execute();
  await db.schema
    .createIndex('device_requests_by_expiry')
    .on('device_requests')
    .column('expires_at')
    .execute();
  await db.schema
    .createIndex('device_requests_by_session')
    .on('device_requests')
    .column('session_id')
    .execute();
}

/** The links with which users set a new password or sign in. A user has one at most. */
async function createResetLinks(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('reset_links')
    .addColumn('user_id', 'text', (c) => c.notNull().primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('digest', 'text', (c) => c.notNull().unique())
    .addColumn('purpose', 'text', (c) => c.notNull())
    .addColumn('keeps_tokens', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addCheckConstraint('reset_links_purpose', sql`purpose in ('RESET', 'SIGN_IN')`)
    .addCheckConstraint('reset_links_keeps_tokens', sql`keeps_tokens in (0, 1)`)
    .execute();
}

/** The credentials of directories, one for each provider, and the old one while it is replaced. */
async function createScimCredentials(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('scim_credentials')
    .addColumn('id', 'text', (c) => c.notNull().primaryKey())
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull().unique())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('valid_until', 'bigint')
    .execute();
  await db.schema
    .createIndex('scim_credentials_by_provider')
    .on('scim_credentials')
    .column('provider')
    .unique()
    .where(sql.ref('valid_until'), 'is', null)
    .execute();
}

/** Creates the tables of users, their identities at providers, their sessions and their reset links. */
export async function createAccountTables(db: Kysely<unknown>): Promise<void> {
  await createUsers(db);
  await createIdentities(db);
  await createProviderSignIns(db);
  await createUsedJwts(db);
  await createSessions(db);
  await createDeviceRequests(db);
  await createResetLinks(db);
  await createScimCredentials(db);
}
