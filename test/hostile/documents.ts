import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import { OPERATIONS } from '../../src/domain/scopes.ts';
import { schema } from '../../src/graphql/schema.ts';
import type { Random } from '../support/random.ts';
import type { FullDatabase } from './full-database.ts';

/** A valid document that requests as much as it can. */
export interface HostileDocument {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

const LEVELS = 13;
const ALIASES = 28;
const TOKENS = 900;
/** Mutations that can be repeated, and keep the callers' credentials and roles. */
const MUTATIONS = ['createChannel', 'updateWorkspace', 'updateToken', 'createToken'] as const;
const TOKEN = /[A-Za-z_][A-Za-z_0-9]*|\d+|"[^"]*"|\.\.\.|[^\s,]/g;

type Ids = FullDatabase['ids'];

/** The shape of a document: its depth, its aliases, its share of leaves. */
interface Style {
  readonly levels: number;
  readonly aliases: number;
  readonly leaves: number;
  readonly fragments: boolean;
}

const PAGES = [1, 5, 20, 50, 100];

/** Generates documents from random values and the schema; each is valid and within the limits of documents. */
export function createHostileDocuments(random: Random, ids: Ids): () => HostileDocument {
  let style: Style;
  let aliases: number;
  let variables: Record<string, { type: string; value: unknown }>;
  let fragments: Map<string, string>;

  function variable(type: string, value: unknown): string {
    const name = `v${Object.keys(variables).length}`;
    variables[name] = { type, value };
    return `$${name}`;
  }

  function idFor(name: string, owner: string): string {
    if (name === 'workspaceId') return random.pick(ids.Workspace);
    if (name === 'channelId' || owner === 'channel') return random.pick(ids.Channel);
    if (owner === 'workspace') return random.pick(ids.Workspace);
    if (owner === 'token') return random.pick(ids.Token);
    return random.pick([...ids.Token, ...ids.Workspace, ...ids.Channel, ...ids.User]);
  }

  function check(): Record<string, unknown> {
    const entityType = random.pick(['channel', 'workspace', 'token', 'repository']);
    return {
      operation: random.pick(['READ', 'LIST', 'UPDATE', 'CREATE']),
      entityType,
      ...(random.chance(0.3) && { entityId: entityType === 'repository' ? 'x' : idFor('', entityType) }),
      ...(random.chance(0.2) && { workspaceId: random.pick(ids.Workspace) }),
    };
  }

  function inputOf(field: string): unknown {
    const name = 'x';
    if (field === 'createChannel') return { workspaceId: ids.Workspace[0], name };
    if (field === 'createToken') return { name };
    return { id: field === 'updateToken' ? random.pick(ids.Token) : ids.Workspace[0], name };
  }

  function argumentValue({ name, type }: GraphQLArgument, field: string): string | null {
    const text = String(type);
    if (name === 'first') {
      const size = random.pick(PAGES);
      return random.chance(0.5) ? String(size) : variable('Int', size);
    }
    if (name === 'input') return variable(text, inputOf(field));
    if (name === 'checks') return variable(text, Array.from({ length: random.pick([5, 50, 100]) }, check));
    if (!isNonNullType(type)) return null;
    return requiredValue(name, type.ofType, field);
  }

  function requiredValue(name: string, type: GraphQLInputType, field: string): string {
    if (isEnumType(type)) return random.pick(type.getValues()).name;
    if (isListType(type)) return '[]';
    if (String(type) === 'Operation') return random.pick(OPERATIONS);
    if (String(type) === 'EntityType') return `"${random.pick(['channel', 'token', 'repository'])}"`;
    return `"${idFor(name, field)}"`;
  }

  function argumentsOf(field: GraphQLField<unknown, unknown>): string {
    const given = field.args.flatMap((arg) => {
      const value = argumentValue(arg, field.name);
      return value === null ? [] : [`${arg.name}: ${value}`];
    });
    return given.length === 0 ? '' : `(${given.join(', ')})`;
  }

  function selectionOf(type: GraphQLObjectType, level: number): string {
    const fields = Object.values(type.getFields());
    const leaves = fields.filter((field) => isLeafType(getNamedType(field.type)));
    const composite = fields.filter((field) => !isLeafType(getNamedType(field.type)));
    const parts = leaves
      .filter((field) => field.args.length === 0 && random.chance(style.leaves))
      .map(({ name }) => name);
    if (level < style.levels) {
      const many = random.chance(0.3) ? 3 : random.chance(0.6) ? 2 : 1;
      for (let n = 0; n < many && composite.length > 0; n += 1) {
        const field = random.pick(composite);
        const alias = `a${aliases}`;
        if (aliases >= style.aliases) {
          if (!parts.some((part) => part.startsWith(field.name))) parts.push(fieldOf(field, level));
        } else {
          aliases += 1;
          parts.push(`${alias}: ${fieldOf(field, level)}`);
        }
      }
    }
    return parts.length === 0 ? '{ __typename }' : `{ ${parts.join(' ')} }`;
  }

  function fieldOf(field: GraphQLField<unknown, unknown>, level: number): string {
    const type = getNamedType(field.type);
    const head = `${field.name}${argumentsOf(field)}`;
    if (isLeafType(type)) return head;
    if (isInterfaceType(type)) {
      const parts = schema
        .getPossibleTypes(type)
        .filter(() => random.chance(0.4))
        .map((each) => `... on ${each.name} ${selectionOf(each, level + 1)}`);
      return `${head} { id ${parts.join(' ')} }`;
    }
    if (!isObjectType(type)) return head;
    if (!style.fragments || random.chance(0.5)) return `${head} ${selectionOf(type, level + 1)}`;
    if (!fragments.has(type.name)) {
      fragments.set(type.name, '{ __typename }');
      fragments.set(type.name, selectionOf(type, Math.max(level + 1, style.levels - 2)));
    }
    return `${head} { ...F${type.name} }`;
  }

  function introspection(): string {
    const types =
      '{ name fields { name args { name type { name ofType { name } } } type { name ofType { name } } } }';
    return `s${aliases++}: __schema { types ${types} }`;
  }

  function attempt(): HostileDocument {
    style = {
      levels: random.pick([3, 6, 9, LEVELS]),
      aliases: random.pick([0, 8, ALIASES]),
      leaves: random.pick([0.1, 0.5, 1]),
      fragments: random.chance(0.3),
    };
    aliases = 0;
    variables = {};
    fragments = new Map();
    const isMutation = random.chance(0.15);
    const root = (isMutation ? schema.getMutationType() : schema.getQueryType()) as GraphQLObjectType;
    const all = Object.values(root.getFields());
    const fields = isMutation ? all.filter(({ name }) => MUTATIONS.includes(name as never)) : all;
    const field = random.pick(fields);
    const times = random.chance(0.4) ? random.pick([5, 19]) : 1;
    const body = fieldOf(field, 0);
    const roots = Array.from({ length: times }, (_, n) =>
      random.chance(0.05) ? introspection() : `r${n}: ${body}`,
    );
    const declared = Object.entries(variables).map(([name, { type }]) => `$${name}: ${type}`);
    const head = `${isMutation ? 'mutation' : 'query'}${declared.length > 0 ? ` (${declared.join(', ')})` : ''}`;
    const parts = [...fragments].map(([type, text]) => `fragment F${type} on ${type} ${text}`);
    return {
      query: [`${head} { ${roots.join(' ')} }`, ...parts].join(' '),
      variables: Object.fromEntries(Object.entries(variables).map(([name, { value }]) => [name, value])),
    };
  }

  return () => {
    for (;;) {
      const document = attempt();
      const tokens = document.query.match(TOKEN)?.length ?? 0;
      if (tokens <= TOKENS && validate(schema, parse(document.query)).length === 0) return document;
    }
  };
}
