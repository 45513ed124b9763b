import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSchema, createYoga } from 'graphql-yoga';
import { reportServer } from '../measured.ts';

// Yoga as its documentation shows it: one field, no authentication.
const yoga = createYoga({
  schema: createSchema({
    typeDefs: 'type Viewer { id: ID! } type Query { viewer: Viewer! }',
    resolvers: { Query: { viewer: () => ({ id: 'usr_0' }) } },
  }),
  logging: false,
});
const server = createServer(yoga);
server.listen(0, '127.0.0.1', () => reportServer((server.address() as AddressInfo).port));
