import type { CodegenConfig } from '@graphql-codegen/cli';
import { OPERATIONS } from './src/domain/scopes.ts';

/** Where the console's hooks are generated to. */
const HOOKS_FILE = 'web/src/generated/hooks.ts';
/** Where the types that the console's queries read are generated to. */
const QUERY_TYPES_FILE = 'web/src/generated/query-types.ts';
/** Where the operations of `pat` are generated to. */
const OPERATIONS_FILE = 'packages/cli/src/generated/operations.ts';

/** What every scalar of the schema is in TypeScript; a scalar that is missing here fails the generation. */
const SCALARS = {
  ID: 'string',
  DateTime: 'string',
  Duration: 'string',
  EmailAddress: 'string',
  EntityType: 'string',
  JSON: 'unknown',
  JSONObject: 'Record<string, unknown>',
  PositiveInt: 'number',
  // An open set: editors complete the built-in names, and any other string is accepted.
  Operation: [...OPERATIONS.map((name) => `'${name}'`), '(string & {})'].join(' | '),
};

/** How types are generated from the schema and from operations. */
const TYPES = {
  useTypeImports: true,
  enumsAsTypes: true,
  strictScalars: true,
  defaultScalarType: 'unknown',
  scalars: SCALARS,
  skipTypename: true,
};

const config: CodegenConfig = {
  schema: 'schema.graphql',
  generates: {
    [OPERATIONS_FILE]: {
      documents: 'packages/cli/src/*.graphql',
      plugins: ['typescript-operations', './scripts/codegen-texts.mjs'],
      config: TYPES,
    },
    [HOOKS_FILE]: {
      documents: 'web/src/**/*.graphql',
      plugins: ['typescript-operations', 'typescript-urql'],
      config: { ...TYPES, documentMode: 'documentNode' },
    },
    [QUERY_TYPES_FILE]: {
      documents: 'web/src/**/*.graphql',
      plugins: ['./scripts/codegen-types.mjs'],
    },
  },
};

export default config;
