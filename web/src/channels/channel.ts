import { OPERATIONS, type Operation } from '../../../src/domain/scopes.ts';
import { describeDecision } from '../api/errors.ts';
import { type ChannelQuery, useChannelQuery } from '../generated/hooks.ts';

/** A channel as its page knows it. */
export type Channel = NonNullable<ChannelQuery['channel']>;

/** Why the signed-in person may not do an operation on the channel; `null` where nothing stands in the way. */
export type Refusal = (operation: Operation) => string | null;

/** A channel, and what the server says may be done with it. */
export function useChannel(id: string) {
  const checks = OPERATIONS.map((operation) => ({ operation, entityType: 'channel', entityId: id }));
  const [{ data, error }, reload] = useChannelQuery({ variables: { id, checks } });
  const refusal: Refusal = (operation) => {
    const decision = data?.viewer?.canAll[OPERATIONS.indexOf(operation)];
    return !decision || decision.allowed ? null : describeDecision(decision);
  };
  return { channel: data?.channel, error, refusal, reload };
}
