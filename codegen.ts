import type { CodegenConfig } from '@graphql-codegen/cli';
import { OPERATIONS } from './src/domain/scopes.ts';

/** Where the console's hooks are generated to. */
const HOOKS_FILE = 'web/src/generated/hooks.ts';

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

const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: 'web/src/**/*.graphql',
  generates: {
    [HOOKS_FILE]: {
      plugins: ['typescript-operations', 'typescript-urql'],
      config: {
        documentMode: 'documentNode',
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        defaultScalarType: 'unknown',
        scalars: SCALARS,
        skipTypename: true,
      },
    },
  },
};

export default config;
