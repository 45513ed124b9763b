import { type FoundSecret, findSecrets } from '../domain/secret.ts';

/** The longest secret there is, and then some: what the end of one piece of text can hold of a secret. */
const TAIL_CHARACTERS = 100;

/** Where something stands in a text, as editors count: from 1, columns in UTF-16 code units. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** A secret with its place. */
export type Sighting = FoundSecret & Position;

/** The position after a text that begins at another. */
function after({ line, column }: Position, text: string): Position {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines === 0
    ? { line, column: column + text.length }
    : { line: line + lines, column: text.length - text.lastIndexOf('\n') };
}

/** Finds the secrets in a text that comes piece by piece, however long it is; holds no more than a piece of it at a time. */
export async function* scanText(pieces: AsyncIterable<string>): AsyncGenerator<Sighting> {
  let text = '';
  let start: Position = { line: 1, column: 1 };
  /** Up to where what was found has been told. */
  let told = 0;

  function* tell(last: boolean): Generator<Sighting> {
    for (const found of findSecrets(text)) {
      const end = found.index + found.secret.length;
      // At the very end of a piece, the next may show that it goes on.
      if (found.index < told || (end === text.length && !last)) continue;
      told = end;
      yield { ...found, ...after(start, text.slice(0, found.index)) };
    }
  }

  for await (const piece of pieces) {
    text += piece;
    yield* tell(false);
    const done = Math.max(0, text.length - TAIL_CHARACTERS);
    start = after(start, text.slice(0, done));
    text = text.slice(done);
    told = Math.max(0, told - done);
  }
  yield* tell(true);
}
