import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  // The address of a server, such as http://127.0.0.1:4000/graphql, works as well.
  schema: '../../schema.graphql',
  documents: 'src/**/*.graphql',
  generates: {
    'src/generated/hooks.ts': {
      plugins: ['typescript-operations', 'typescript-urql'],
      config: {
        documentMode: 'documentNode',
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        scalars: {
          DateTime: 'string',
          Duration: 'string',
          EmailAddress: 'string',
          EntityType: 'string',
          JSON: 'unknown',
          JSONObject: 'Record<string, unknown>',
          PositiveInt: 'number',
          // An open set: editors complete the built-in names, and any other string is accepted.
          Operation:
            "'CREATE' | 'READ' | 'LIST' | 'UPDATE' | 'DELETE' | 'SHARE' | 'UNSHARE' | 'PUBLISH' | 'SUBSCRIBE' | (string & {})",
        },
      },
    },
  },
};

export default config;
