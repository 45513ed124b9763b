import type { Operation } from '../../src/domain/scopes.ts';
import { schema } from '../../src/graphql/schema.ts';
import type { Answer, Person, TestApp } from './app.ts';

/** Runs a mutation that takes one input. */
export function mutate(
  postern: Pick<TestApp, 'post'>,
  field: string,
  input: object,
  by: string | null,
  selection: string,
): Promise<Answer> {
  const argument = schema
    .getMutationType()
    ?.getFields()
    [field]?.args.find(({ name }) => name === 'input');
  if (!argument) throw new Error(`no mutation ${field} takes an input`);
  const query = `mutation ($input: ${argument.type}) { ${field}(input: $input) { ${selection} } }`;
  return postern.post(query, { input }, by);
}

/** Runs a mutation that takes one input. Throws if it is refused. */
async function done(answer: Promise<Answer>): Promise<Answer['data']> {
  const { data, errors } = await answer;
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data;
}

/** Creates a channel, by default in the owner's workspace and as the owner; returns its global id. */
export async function createChannel(
  postern: TestApp,
  { name = 'news', workspaceId = postern.workspaceId, by = postern.owner.session } = {},
): Promise<string> {
  const input = { workspaceId, name };
  const data = await done(mutate(postern, 'createChannel', input, by, 'channel { id }'));
  return data.createChannel.channel.id;
}

/** Publishes a message, by default as the owner; returns its global id. */
export async function publish(
  postern: TestApp,
  channelId: string,
  payload: unknown,
  by: string = postern.owner.session,
): Promise<string> {
  const data = await done(mutate(postern, 'publishMessage', { channelId, payload }, by, 'message { id }'));
  return data.publishMessage.message.id;
}

/** Shares a channel, by default as the owner. */
export async function share(
  postern: TestApp,
  id: string,
  { email }: Person,
  operations: readonly Operation[],
  by: string = postern.owner.session,
): Promise<void> {
  await done(mutate(postern, 'shareChannel', { id, email, operations }, by, 'channel { id }'));
}
