import type { InputFieldMap, InputShapeFromFields, ObjectFieldsShape } from '@pothos/core';
import type { AccessRequest } from '../domain/authority.ts';
import type { Requirement } from '../domain/requirement.ts';
import { andThen, type MaybePromise } from '../platform/maybe-promise.ts';
import type { Lock } from '../services/transactions/locks.ts';
import type { UnitOfWork } from '../services/transactions/unit-of-work.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import type { FieldCost } from './cost.ts';
import { requirementOf } from './requirement-plugin.ts';

type Types = (typeof builder)['$inferSchemaTypes'];

/** The input of a mutation. */
export interface MutationInput<Fields extends InputFieldMap> {
  /** The description of the input type and of the argument. */
  readonly description: string;
  /** Declare ids as `t.id({ for: 'Channel', … })`: the mutation receives their UUIDs. */
  readonly fields: (t: PothosSchemaTypes.InputFieldBuilder<Types, 'InputObject'>) => Fields;
}

/** The payload of a mutation. Its fields resolve from what the mutation returns. */
export interface MutationPayload<Result> {
  readonly description: string;
  readonly fields: ObjectFieldsShape<Types, Result>;
}

/** What does the work of a mutation: `run`, or `resolve` for a service that opens its transactions itself. */
type MutationWork<Input, Result> =
  | {
      /** Works in one transaction, in which the caller is authorized again. Await nothing but the database. */
      readonly run: (uow: UnitOfWork, input: Input, context: Context) => Promise<Result>;
      /**
       * The further locks of a work that decides on or changes something outside the user or workspace that `requires`
       * names. On PostgreSQL nothing else keeps concurrent calls from changing it in between.
       */
      readonly locks?: (input: Input, context: Context) => MaybePromise<readonly Lock[]>;
      /** Whether the work can share a transaction with those of other callers, as `TransactOptions.canShare` says. */
      readonly canShare?: boolean;
      /** Whether the version of the data stays as it is, as `TransactOptions.keepsVersion` says. */
      readonly keepsVersion?: boolean;
      readonly resolve?: never;
    }
  | {
      /** Works without a transaction. `access` is what the mutation requires, for transactions that the work opens itself. */
      readonly resolve: (input: Input, context: Context, access: AccessRequest) => Promise<Result>;
      readonly run?: never;
      readonly locks?: never;
      readonly canShare?: never;
      readonly keepsVersion?: never;
    };

type MutationOptions<Fields extends InputFieldMap, Result> = {
  readonly description: string;
  readonly requires: Requirement;
  readonly cost?: FieldCost;
  readonly input?: MutationInput<Fields>;
  readonly payload: MutationPayload<Result>;
} & MutationWork<InputShapeFromFields<Fields>, Result>;

/**
 * Adds a mutation to the schema, with an input type and a payload type that are named after it.
 *
 * ```ts
 * mutation('renameChannel', {
 *   description: 'Renames a channel.',
 *   requires: { kind: 'entity', operation: 'UPDATE', entityType: 'channel', entity: 'input.id' },
 *   input: {
 *     description: 'A channel and its new name.',
 *     fields: (t) => ({
 *       id: t.id({ for: 'Channel', required: true, description: 'The id of the channel.' }),
 *       name: t.string({ required: true, description: 'The name, 1 to 100 characters.' }),
 *     }),
 *   },
 *   run: async (uow, { id, name }, { services }) => ({
 *     channel: await services.channels.update(uow, { channelId: id, name }),
 *   }),
 *   payload: {
 *     description: 'The channel after the change.',
 *     fields: (t) => ({ channel: t.expose('channel', { type: ChannelRef, description: 'The channel.' }) }),
 *   },
 * });
 * ```
 *
 * Returns the input type, which the inputs of other mutations can contain; only a mutation with `input` has one.
 *
 * scope-auth authorizes the caller before `run` or `resolve` is called. Write the options in the order of the example:
 * each takes its types from those before it.
 */
export function mutation<Fields extends InputFieldMap, Result extends object>(
  name: string,
  options: MutationOptions<Fields, Result>,
): PothosSchemaTypes.InputObjectRef<Types, InputShapeFromFields<Fields>> {
  const { description, requires, cost, input, payload, run, resolve } = options;
  const typeName = name.charAt(0).toUpperCase() + name.slice(1);
  const inputType = input && builder.inputType(`${typeName}Input`, input);
  const payloadType = builder.objectRef<Result>(`${typeName}Payload`);
  payloadType.implement(payload as MutationPayload<Result>);

  builder.mutationField(name, (t) =>
    t.field({
      type: payloadType,
      description,
      requires,
      cost,
      args: inputType
        ? { input: t.arg({ type: inputType, required: true, description: input.description }) }
        : {},
      resolve: (_root, args, context, info) => {
        const value = args.input as InputShapeFromFields<Fields>;
        const access = requirementOf(info, args);
        const { locks: locksOf, canShare = false, keepsVersion = false } = options;
        const result: MaybePromise<Result> = run
          ? andThen(locksOf?.(value, context) ?? [], (locks) =>
              context.change(access, (uow) => run(uow, value, context), { locks, canShare, keepsVersion }),
            )
          : resolve(value, context, access);
        return result as never;
      },
    }),
  );
  return inputType as PothosSchemaTypes.InputObjectRef<Types, InputShapeFromFields<Fields>>;
}
