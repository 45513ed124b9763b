import { type BuiltInOperation, OPERATIONS } from '../../../src/domain/scopes.ts';
import { describeDecision } from '../api/errors.ts';
import { type ChannelQuery, useChannelQuery } from '../generated/hooks.ts';

/** A channel with the fields that its page shows. */
export type Channel = NonNullable<ChannelQuery['channel']>;

/** Returns why the user cannot perform an operation on the channel; `null` if it is allowed. */
export type Refusal = (operation: BuiltInOperation) => string | null;

/** Loads a channel, with the server's decision for each operation. */
export function useChannel(id: string) {
  const checks = OPERATIONS.map((operation) => ({ operation, entityType: 'channel', entityId: id }));
  const [{ data, error }, reload] = useChannelQuery({ variables: { id, checks } });
  const refusal: Refusal = (operation) => {
    const decision = data?.viewer?.canAll[OPERATIONS.indexOf(operation)];
    return !decision || decision.allowed ? null : describeDecision(decision);
  };
  return { channel: data?.channel, error, refusal, reload };
}
