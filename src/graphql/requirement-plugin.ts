import SchemaBuilder, {
  BasePlugin,
  type FieldNullability,
  type InputFieldMap,
  type PothosOutputFieldConfig,
  PothosSchemaError,
  type SchemaTypes,
  type TypeParam,
} from '@pothos/core';
import { RequestCache } from '@pothos/plugin-scope-auth';
import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql';
import type { ReauthenticationRule } from '../domain/accounts/reauthentication.ts';
import type { AccessRequest } from '../domain/authority.ts';
import type { NodeType } from '../domain/global-id.ts';
import {
  describeRequirement,
  type IdPath,
  type Reauthentication,
  type Requirement,
} from '../domain/requirement.ts';
import type { Role } from '../domain/roles.ts';
import type { Context, FieldAccess } from './context.ts';

/** The name of the plugin that turns the requirements of fields into scope-auth's scopes. */
export const REQUIREMENT_PLUGIN = 'requirement' as const;

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      requirement: RequirementPlugin<Types>;
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
      /** What the field requires of its caller. Every root field declares it. */
      requires?: FieldAuthority['requires'];
      /**
       * What a caller needs in order to get more than `null` or an empty list from a resolver that leaves out what the
       * caller is not allowed to see; by node type for a field that returns several. The resolver applies it.
       */
      filteredBy?: FieldAuthority['filteredBy'];
    }
  }
}

/** What a field declares about its callers, also in its extensions. */
export interface FieldAuthority {
  readonly requires?: Requirement | undefined;
  readonly filteredBy?: Requirement | Partial<Record<NodeType, Requirement>> | undefined;
}

const ROOTS = ['Query', 'Mutation', 'Subscription'];

/** Kinds of a field's type whose value has fields of its own, each of which can be refused or fail. */
const COMPOSITE_KINDS = ['Object', 'Interface', 'Union', 'List'];

/**
 * Whether a field must be nullable so that an error below it does not remove other data: a field of `Query` or
 * `Mutation`, and each non-scalar field of a payload. So no refusal below a payload removes a secret that is shown once.
 */
function stopsErrors(parentType: string, kind: string) {
  if (parentType === 'Query' || parentType === 'Mutation') return true;
  return parentType.endsWith('Payload') && COMPOSITE_KINDS.includes(kind);
}

/** The scope-auth scopes of a field: `access`, with the access request of one call of the field. */
function accessScopeFor(requires: Requirement) {
  return (parent: unknown, args: object, _context: Context, field: GraphQLResolveInfo) => ({
    access: { request: toAccessRequest(requires, parent, args), field } satisfies FieldAccess,
  });
}

/**
 * Turns `requires` of a field into scope-auth's `authScopes`, a sentence in the field's description, and an extension
 * that the tests read. A root field without `requires` fails the build. Makes the fields that `stopsErrors` names nullable.
 */
class RequirementPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const config = stopsErrors(field.parentType, field.type.kind)
      ? { ...field, type: { ...field.type, nullable: true } }
      : field;
    const { requires, filteredBy } = config.pothosOptions as FieldAuthority;
    const extensions = { ...config.extensions, requires, filteredBy } satisfies FieldAuthority;
    if (!requires) {
      if (ROOTS.includes(config.parentType)) {
        throw new PothosSchemaError(`${config.parentType}.${config.name} does not declare what it requires`);
      }
      return filteredBy ? { ...config, extensions } : config;
    }
    return {
      ...config,
      description: [config.description, describeRequirement(requires)].filter(Boolean).join('\n\n'),
      extensions,
      pothosOptions: { ...config.pothosOptions, authScopes: accessScopeFor(requires) },
    } as PothosOutputFieldConfig<Types>;
  }

  /** All events of a subscription share one context, whose cache would otherwise grow with each event. */
  override wrapResolve(
    resolve: GraphQLFieldResolver<unknown, Types['Context'], object>,
    { parentType }: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    if (parentType !== 'Subscription') return resolve;
    return (parent, args, context, info) => {
      RequestCache.clearForContext(context);
      return resolve(parent, args, context, info);
    };
  }
}

SchemaBuilder.registerPlugin(REQUIREMENT_PLUGIN, RequirementPlugin as never);

function valueAt(path: IdPath, parent: unknown, args: object): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], {
      ...args,
      parent,
    });
}

/** Returns the UUID at a path of the decoded arguments or of the parent; `undefined` if the argument is absent. */
function idAt(path: IdPath | undefined, parent: unknown, args: object): string | undefined {
  if (path === undefined) return undefined;
  const value = valueAt(path, parent, args);
  // Without the id, the request would be about any entity.
  if (path.startsWith('parent.') && typeof value !== 'string') {
    throw new Error(`${path} of a requirement is not an id`);
  }
  return typeof value === 'string' ? value : undefined;
}

/** Returns which calls require a re-authenticated session, with the values of one call. */
function toReauthenticationRule(
  reauthentication: Reauthentication | undefined,
  parent: unknown,
  args: object,
): ReauthenticationRule | undefined {
  if (reauthentication === undefined) return undefined;
  if (reauthentication === true) return { from: null };
  const { from, role, member } = reauthentication;
  const given = role === undefined ? undefined : (valueAt(role, parent, args) as Role | null | undefined);
  return { from, given: given ?? undefined, memberId: idAt(member, parent, args) };
}

/** Converts the requirement of a field into the access request of one call, with the ids of that call. */
export function toAccessRequest(requires: Requirement, parent: unknown, args: object): AccessRequest {
  switch (requires.kind) {
    case 'session':
      return {
        kind: 'session',
        allowsTemporaryPassword: requires.allowsTemporaryPassword,
        consoleOnly: requires.consoleOnly,
        reauthentication: toReauthenticationRule(requires.reauthentication, parent, args),
      };
    case 'role':
      return {
        kind: 'role',
        role: requires.role,
        workspaceId: idAt(requires.workspace, parent, args) ?? '',
        selfId: idAt(requires.orSelf, parent, args),
        reauthentication: toReauthenticationRule(requires.reauthentication, parent, args),
      };
    case 'federation':
      return {
        kind: 'federation',
        workspaceId: idAt(requires.workspace, parent, args),
        federationId: idAt(requires.federation, parent, args),
        reauthentication: toReauthenticationRule(requires.reauthentication, parent, args),
      };
    case 'entity':
      return {
        kind: 'entity',
        operation: requires.operation,
        entityType: requires.entityType,
        entityId: idAt(requires.entity, parent, args),
        any: requires.entity === undefined,
        workspaceId: idAt(requires.workspace, parent, args),
        lookup: requires.lookup === true,
      };
    case 'token':
      return {
        kind: 'token',
        operation: requires.operation,
        tokenId: idAt(requires.token, parent, args),
        any: requires.token === undefined,
        workspaceRole: requires.workspaceRole ?? 'OWNER',
        refusesPersonalTokens: requires.refusesPersonalTokens === true,
        subtreeOnly:
          requires.subtreeOnly === true ||
          (requires.subtreeOnly ?? []).some((path) => valueAt(path, parent, args) !== undefined),
        lookup: requires.lookup === true,
        reauthentication: toReauthenticationRule(requires.reauthentication, parent, args),
      };
    default:
      return requires;
  }
}

/** Returns the access request of a root field that is being resolved, for the transaction or stream that authorizes it again. */
export function requirementOf(info: GraphQLResolveInfo, args: object): AccessRequest {
  const requires = info.parentType.getFields()[info.fieldName]?.extensions.requires as
    | Requirement
    | undefined;
  if (!requires)
    throw new Error(`${info.parentType.name}.${info.fieldName} does not declare what it requires`);
  return toAccessRequest(requires, undefined, args);
}
