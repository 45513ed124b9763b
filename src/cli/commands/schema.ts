import { lexicographicSortSchema, printSchema } from 'graphql';
import { schema } from '../../graphql/schema.ts';
import type { Command } from '../command.ts';

export const command: Command = {
  about: `Prints the GraphQL schema in SDL, sorted. Needs no configuration or database.`,
  async run({ terminal }) {
    terminal.print(printSchema(lexicographicSortSchema(schema)));
  },
};
