import SchemaBuilder, {
  BasePlugin,
  type FieldNullability,
  type InputFieldMap,
  type PothosOutputFieldConfig,
  PothosSchemaError,
  type SchemaTypes,
  type TypeParam,
} from '@pothos/core';
import type { GraphQLResolveInfo } from 'graphql';
import type { AccessRequest } from '../domain/authority.ts';
import { decodeGlobalId, type NodeType } from '../domain/global-id.ts';
import { describeRequirement, type IdPath, type Requirement } from '../domain/requirement.ts';
import type { Context } from './context.ts';

const PLUGIN = 'need' as const;

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      need: RequirementPlugin<Types>;
    }

    export interface FieldOptions<
      Types extends SchemaTypes,
      ParentShape,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveShape,
      ResolveReturnShape,
    > {
      /** What the field needs of its caller. Every root field says so. */
      need?: Requirement;
    }
  }
}

const ROOTS = ['Query', 'Mutation', 'Subscription'];

/** Kinds of a field's type whose value has fields of its own, each of which can be refused or fail. */
const COMPOSITE_KINDS = ['Object', 'Interface', 'Union', 'List'];

/**
 * Whether a field must be nullable so that an error below it takes nothing else away: a field of `Query` or `Mutation`,
 * and what a payload holds beside its scalars. So no refusal below a payload takes a secret that is shown once.
 */
function stopsErrors(parentType: string, kind: string) {
  if (parentType === 'Query' || parentType === 'Mutation') return true;
  return parentType.endsWith('Payload') && COMPOSITE_KINDS.includes(kind);
}

/**
 * Turns the `need` of a field into scope-auth's `authScopes`, a sentence in its description and an extension that the
 * tests read. A root field without a need does not build. Makes nullable what `stopsErrors` names.
 */
class RequirementPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const config = stopsErrors(field.parentType, field.type.kind)
      ? { ...field, type: { ...field.type, nullable: true } }
      : field;
    const { need } = config.pothosOptions as { need?: Requirement };
    if (!need) {
      if (ROOTS.includes(config.parentType)) {
        throw new PothosSchemaError(`${config.parentType}.${config.name} does not declare what it needs`);
      }
      return config;
    }
    // A refusal is thrown, so that the caller learns its code and reason; what is not refused is allowed.
    const authScopes = async (parent: unknown, args: object, context: Context, info: GraphQLResolveInfo) => {
      await context.authorize(toAccessRequest(need, parent, args), info);
      return true;
    };
    return {
      ...config,
      description: [config.description, describeRequirement(need)].filter(Boolean).join('\n\n'),
      extensions: { ...config.extensions, need },
      pothosOptions: { ...config.pothosOptions, authScopes },
    } as PothosOutputFieldConfig<Types>;
  }
}

SchemaBuilder.registerPlugin(PLUGIN, RequirementPlugin as never);

export default PLUGIN;

function valueAt(path: IdPath, parent: unknown, args: object): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], {
      ...args,
      parent,
    });
}

/** An id of the API from the arguments, or the own id of the parent, as a UUID; what is left out stays so. */
function idAt(type: NodeType, path: IdPath | undefined, parent: unknown, args: object): string | undefined {
  if (path === undefined) return undefined;
  const value = valueAt(path, parent, args);
  if (path.startsWith('parent.')) {
    // Without the id the question would be about any entity.
    if (typeof value !== 'string') throw new Error(`${path} of a need is no id`);
    return value;
  }
  return typeof value === 'string' ? decodeGlobalId(type, value) : undefined;
}

/** The question that a need asks in a call: the same declaration with the call's ids filled in. */
export function toAccessRequest(need: Requirement, parent: unknown, args: object): AccessRequest {
  switch (need.kind) {
    case 'role':
      return {
        kind: 'role',
        role: need.role,
        workspaceId: idAt('Workspace', need.workspace, parent, args) ?? '',
        selfId: idAt('User', need.orSelf, parent, args),
      };
    case 'entity':
      return {
        kind: 'entity',
        operation: need.operation,
        entityType: need.entityType,
        entityId: idAt(need.entityType === 'channel' ? 'Channel' : 'Workspace', need.entity, parent, args),
        any: need.entity === undefined,
        workspaceId: idAt('Workspace', need.workspace, parent, args),
        lookup: need.lookup === true,
      };
    case 'token':
      return {
        kind: 'token',
        operation: need.operation,
        tokenId: idAt('Token', need.token, parent, args),
        any: need.token === undefined,
        workspaceRole: need.workspaceRole ?? 'OWNER',
        refusesPersonalTokens: need.refusesPersonalTokens === true,
        subtreeOnly:
          need.subtreeOnly === true ||
          (need.subtreeOnly !== undefined && valueAt(need.subtreeOnly, parent, args) != null),
        lookup: need.lookup === true,
      };
    default:
      return need;
  }
}

/** The ask of the field that is being resolved, for the service that judges it once more where it changes something. */
export function requirementOf(info: GraphQLResolveInfo, args: object, parent?: unknown): AccessRequest {
  const need = info.parentType.getFields()[info.fieldName]?.extensions.need as Requirement | undefined;
  if (!need) throw new Error(`${info.parentType.name}.${info.fieldName} does not declare what it needs`);
  return toAccessRequest(need, parent, args);
}
