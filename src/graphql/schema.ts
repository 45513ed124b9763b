import type { GraphQLSchema } from 'graphql';
import { builder } from './builder.ts';
import './schema/scalars.ts';
import './schema/accounts/users.ts';
import './schema/accounts/sessions.ts';
import './schema/accounts/identities.ts';
import './schema/token-type.ts';
import './schema/token-queries.ts';
import './schema/token-mutations.ts';
import './schema/token-lifecycle.ts';
import './schema/token-scope-mutations.ts';
import './schema/token-abilities.ts';
import './schema/token-subjects.ts';
import './schema/viewer.ts';
import './schema/workspaces.ts';
import './schema/token-policy.ts';
import './schema/members.ts';
import './schema/invitations.ts';
import './schema/audit.ts';
import './schema/leaks.ts';
import './schema/channels.ts';
import './schema/channel-shares.ts';
import './schema/messages.ts';
import './schema/entity-types.ts';
import './schema/node.ts';
import './schema/scope-proposal.ts';

/** The schema, built from the files in `schema/`. It needs no environment, database or clock. */
export const schema: GraphQLSchema = builder.toSchema();
