import { createReadStream } from 'node:fs';
import { OperatorError } from '../../platform/operator-error.ts';
import type { LineResult, NumberedLine, TokenImport } from '../../services/tokens/import.ts';
import type { Call, Command } from '../command.ts';
import { readLines } from '../lines.ts';
import { asOperator } from '../operator.ts';

/** The lines of one transaction: few enough that a running server waits only briefly for it. */
const BATCH_LINES = 250;
const PROGRESS_LINES = 100_000;

const NO_SHAPES =
  'POSTERN_FOREIGN_SHAPES is not set, so no server would accept the imported secrets. Set it for this command and for the servers.';

interface Counts {
  imported: number;
  present: number;
  refused: number;
}

/** Yields the lines of a file in batches. */
async function* batchesOf(lines: AsyncIterable<NumberedLine>): AsyncGenerator<NumberedLine[]> {
  let batch: NumberedLine[] = [];
  for await (const line of lines) {
    batch.push(line);
    if (batch.length < BATCH_LINES) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Imports a file, and reports each refused line with its reason. */
async function importFile({ operand, has, terminal }: Call, service: TokenImport): Promise<Counts> {
  const file = operand('FILE');
  const run = service.start(has('dry-run'));
  const counts: Counts = { imported: 0, present: 0, refused: 0 };

  function count({ number }: NumberedLine, result: LineResult): void {
    if (typeof result === 'string') counts[result] += 1;
    else {
      counts.refused += 1;
      terminal.report(`${file}:${number}: ${result.refusal}`);
    }
  }

  let read = 0;
  for await (const batch of batchesOf(readLines(file === '-' ? terminal.input() : createReadStream(file)))) {
    const results = await run.add(batch);
    for (const [index, line] of batch.entries()) count(line, results[index] as LineResult);
    read += batch.length;
    if (read % PROGRESS_LINES === 0) terminal.report(`Lines read: ${read}.`);
  }
  return counts;
}

export const command: Command = {
  operands: ['FILE'],
  options: { 'dry-run': { about: 'Check every line and store nothing.' } },
  about: `Imports tokens of another system from a file with one JSON object a line, or
from standard input if FILE is -. Each names the SHA-256 digest of a secret,
which keeps working. POSTERN_FOREIGN_SHAPES must contain the shapes of the
secrets. A refused line is named with its reason and does not keep the others
out. After an interruption, run the command again: it skips what it has
imported. Servers accept the secrets within a second. Exit codes: 0 every line
is imported, 1 lines were refused, 2 usage error.`,
  async run(call) {
    const config = call.config();
    if (config.foreignShapes.length === 0) throw new OperatorError(NO_SHAPES);
    const counts = await asOperator(config, (_, { tokenImport }) => importFile(call, tokenImport));
    const verb = call.has('dry-run') ? 'Can be imported' : 'Imported';
    call.terminal.print(`${verb}: ${counts.imported}. Already imported: ${counts.present}.`);
    if (counts.refused > 0) throw new OperatorError(`Lines refused: ${counts.refused}.`);
  },
};
