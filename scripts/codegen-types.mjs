import { getNamedType, isObjectType, separateOperations, TypeInfo, visit, visitWithTypeInfo } from 'graphql';

/** Parts of lists, which change with what they list. */
const LIST_PART = /Connection$|^PageInfo$/;

/** Returns the names of the object types that a document selects, in alphabetical order. */
function typesOf(document, schema) {
  const info = new TypeInfo(schema);
  const found = new Set();
  const Field = () => {
    const type = getNamedType(info.getType());
    if (isObjectType(type) && !LIST_PART.test(type.name)) found.add(type.name);
  };
  visit(document, visitWithTypeInfo(info, { Field }));
  return [...found].sort();
}

function union(names) {
  return names.map((name) => JSON.stringify(name)).join(' | ');
}

/** A plugin for the code generator: adds the object types that each query reads, and the names of the mutations. */
export function plugin(schema, documents) {
  const definitions = documents.flatMap(({ document }) => document?.definitions ?? []);
  const operations = Object.entries(separateOperations({ kind: 'Document', definitions }));
  const kindOf = (document) => document.definitions.find(({ operation }) => operation)?.operation;
  const namesOf = (kind) =>
    operations.filter(([, document]) => kindOf(document) === kind).map(([name]) => name);
  const queries = operations
    .filter(([, document]) => kindOf(document) === 'query')
    .map(([name, document]) => [name, typesOf(document, schema)]);
  return [
    '/** An object type of the schema that a query of the console reads. */',
    `export type ReadType = ${union([...new Set(queries.flatMap(([, types]) => types))].sort())};`,
    '/** The name of a mutation of the console. */',
    `export type MutationName = ${union(namesOf('mutation').sort())};`,
    '/** The object types that each query of the console reads, by the name of the query. */',
    'export const QUERY_TYPES: Readonly<Record<string, readonly ReadType[]>> = {',
    ...queries.map(([name, types]) => `  ${name}: ${JSON.stringify(types)},`),
    '};',
    '',
  ].join('\n');
}
