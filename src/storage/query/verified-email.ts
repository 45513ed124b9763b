import { type RawBuilder, sql } from 'kysely';

/** Selects the email address of a user, by the alias of the row; null while it is unverified. */
export function verifiedEmailOf(user: string): RawBuilder<string | null> {
  return sql.raw(`case when ${user}.email_verified_at is not null then ${user}.email end`);
}
