import Fastify from 'fastify';
import { createAccessHooks, type RepositoryRoute } from './access.ts';

const { POSTERN_URL = 'http://127.0.0.1:4000', WORKSPACE_ID = '', PORT = '3000' } = process.env;

const requireAccess = createAccessHooks(POSTERN_URL, WORKSPACE_ID);
const descriptions = new Map([['website', 'The public website']]);

const service = Fastify();
service.decorateRequest('caller', null);

service.get<RepositoryRoute>(
  '/repositories/:repository',
  { preHandler: requireAccess('READ') },
  async ({ params: { repository } }, reply) => {
    const description = descriptions.get(repository);
    return description === undefined ? reply.code(404).send() : { repository, description };
  },
);

service.put<RepositoryRoute>(
  '/repositories/:repository',
  {
    preHandler: requireAccess('UPDATE'),
    schema: {
      body: {
        type: 'object',
        required: ['description'],
        properties: { description: { type: 'string', maxLength: 500 } },
      },
    },
  },
  async ({ params: { repository }, body: { description }, caller }) => {
    descriptions.set(repository, description);
    return { repository, description, updatedBy: caller?.token ?? caller?.user };
  },
);

console.log(`Listening on ${await service.listen({ port: Number(PORT), host: '127.0.0.1' })}`);
