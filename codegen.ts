import type { CodegenConfig } from '@graphql-codegen/cli';

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
