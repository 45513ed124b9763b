import SchemaBuilder, {
  BasePlugin,
  createInputValueMapper,
  type FieldRequiredness,
  type InputType,
  type InputTypeFieldsMapping,
  mapInputFields,
  type PothosOutputFieldConfig,
  type SchemaTypes,
} from '@pothos/core';
import { decodeGlobalId, type NodeType } from '../domain/global-id.ts';

/** The name of the plugin that decodes the global ids in the arguments of fields. */
export const NODE_ID_PLUGIN = 'nodeId' as const;

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      nodeId: NodeIdPlugin<Types>;
    }

    export interface InputFieldOptions<
      Types extends SchemaTypes = SchemaTypes,
      Type extends InputType<Types> | [InputType<Types>] = InputType<Types> | [InputType<Types>],
      Req extends FieldRequiredness<Type> = FieldRequiredness<Type>,
    > {
      /**
       * The node type that the id belongs to. The resolver and the requirement of the field receive the UUID in place of
       * the global id. A malformed id, or one of another type, becomes `NIL_UUID`, which no record has.
       */
      for?: Type extends 'ID' | ['ID'] ? NodeType : never;
    }
  }
}

/** Decodes each id that is declared with `for`, at any depth of the arguments, before the caller is authorized. */
class NodeIdPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  private readonly mappings = new Map<string, InputTypeFieldsMapping<Types, NodeType>>();

  override onOutputFieldConfig(config: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const ids = mapInputFields<Types, NodeType>(
      config.args,
      this.buildCache,
      ({ pothosOptions }) => (pothosOptions as { for?: NodeType }).for ?? null,
      this.mappings,
    );
    if (!ids) return config;
    const decode = createInputValueMapper(ids, (id, { value }) =>
      decodeGlobalId(value as NodeType, String(id)),
    );
    return { ...config, argMappers: [...config.argMappers, (args) => decode(args)] };
  }
}

SchemaBuilder.registerPlugin(NODE_ID_PLUGIN, NodeIdPlugin as never);
