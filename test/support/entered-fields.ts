import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import type { GraphQLFieldResolver, GraphQLSchema } from 'graphql';
import { builder } from '../../src/graphql/builder.ts';
import '../../src/graphql/schema.ts';

const PLUGIN = 'enteredFields';

type Resolver = GraphQLFieldResolver<unknown, any, object>;

/** A field whose code behind scope-auth was entered. */
export interface EnteredField {
  /** Such as `Query.token`. */
  readonly path: string;
  readonly parent: unknown;
  readonly args: object;
}

/** A schema that records which fields run code behind scope-auth. */
export interface RecordedSchema {
  readonly schema: GraphQLSchema;
  /** The fields whose resolver or subscriber was entered since the last call. */
  takeEntered(): readonly EnteredField[];
}

/** Builds the schema once more, with a plugin directly behind scope-auth; with or without scope-auth's checks. */
export function buildRecordedSchema(scopeAuth: 'on' | 'off'): RecordedSchema {
  let entered: EnteredField[] = [];

  function record(resolve: Resolver, { parentType, name }: PothosOutputFieldConfig<SchemaTypes>): Resolver {
    return (parent, args, context, info) => {
      entered.push({ path: `${parentType}.${name}`, parent, args });
      return resolve(parent, args, context, info);
    };
  }

  class EnteredFieldsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
    override wrapResolve(resolve: Resolver, config: PothosOutputFieldConfig<Types>): Resolver {
      return record(resolve, config as never);
    }

    override wrapSubscribe(subscribe: Resolver, config: PothosOutputFieldConfig<Types>): Resolver {
      return config.parentType === 'Subscription' ? record(subscribe, config as never) : subscribe;
    }
  }

  const plugins = builder.options.plugins as unknown as string[];
  SchemaBuilder.allowPluginReRegistration = true;
  SchemaBuilder.registerPlugin(PLUGIN as never, EnteredFieldsPlugin as never);
  plugins.splice(plugins.indexOf('scopeAuth') + 1, 0, PLUGIN);
  try {
    const schema = builder.toSchema({ disableScopeAuth: scopeAuth === 'off' });
    return {
      schema,
      takeEntered() {
        const taken = entered;
        entered = [];
        return taken;
      },
    };
  } finally {
    plugins.splice(plugins.indexOf(PLUGIN), 1);
  }
}
