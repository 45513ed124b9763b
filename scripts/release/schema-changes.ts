import {
  buildSchema,
  findBreakingChanges,
  findDangerousChanges,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';

/** The changes from one schema to another, as sentences in alphabetical order. */
export interface SchemaChanges {
  /** Changes that can make an existing operation invalid or change the type of its result. */
  readonly breaking: readonly string[];
  /** Changes that keep operations valid but can surprise a client, such as a new enum value. */
  readonly dangerous: readonly string[];
  readonly additions: readonly string[];
}

function findAdditions(before: GraphQLSchema, after: GraphQLSchema): string[] {
  return Object.entries(after.getTypeMap()).flatMap(([name, type]) => {
    const previous = before.getType(name);
    if (isSpecifiedScalarType(type)) return [];
    if (!previous) return [`${name} was added.`];
    if (!isObjectType(type) && !isInterfaceType(type)) return [];
    const known = isObjectType(previous) || isInterfaceType(previous) ? previous.getFields() : {};
    return Object.keys(type.getFields())
      .filter((field) => !(field in known))
      .map((field) => `${name}.${field} was added.`);
  });
}

/** Compares two schemas in the schema definition language. Throws if one of them is invalid. */
export function compareSchemas(before: string, after: string): SchemaChanges {
  const [old, current] = [buildSchema(before), buildSchema(after)];
  const toSentences = (changes: readonly { readonly description: string }[]) =>
    changes.map(({ description }) => description).sort();
  return {
    breaking: toSentences(findBreakingChanges(old, current)),
    dangerous: toSentences(findDangerousChanges(old, current)),
    additions: findAdditions(old, current).sort(),
  };
}

/** Returns the changes as Markdown: one bold line and a list for each kind. The text is empty if there are no changes. */
export function toMarkdown({ breaking, dangerous, additions }: SchemaChanges): string {
  const groups: [string, readonly string[]][] = [
    ['Breaking', breaking],
    ['Dangerous', dangerous],
    ['Added', additions],
  ];
  return groups
    .filter(([, changes]) => changes.length > 0)
    .map(([title, changes]) => `**${title}**\n\n${changes.map((change) => `- ${change}`).join('\n')}`)
    .join('\n\n');
}
