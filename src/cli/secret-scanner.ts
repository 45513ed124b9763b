import { type FoundSecret, findSecrets } from '../domain/secret.ts';

/** The number of characters to carry over to the next chunk: more than the longest secret. */
const TAIL_CHARACTERS = 100;

/** A position in a text as editors count it: from 1, columns in UTF-16 code units. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** A secret and its position. */
export type Sighting = FoundSecret & Position;

/** Returns the position after `text`, which begins at another position. */
function after({ line, column }: Position, text: string): Position {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines === 0
    ? { line, column: column + text.length }
    : { line: line + lines, column: text.length - text.lastIndexOf('\n') };
}

/** Byte order marks, and the encodings that they name. */
const MARKS = [
  { bytes: [0xff, 0xfe], encoding: 'utf-16le' },
  { bytes: [0xfe, 0xff], encoding: 'utf-16be' },
] as const;

const MARK_BYTES = 2;

/** The control characters of texts: those of lines, and those with which programs write to a terminal. */
const TEXT_CONTROLS = '\u0007\b\t\n\v\f\r\u001b';

/** Returns whether a decoded text was none. Bytes of another 8-bit encoding alone do not count: secrets between them are found. */
function isBinary(text: string): boolean {
  if (text.includes('\0')) return true;
  return (
    text.includes('\uFFFD') && (text.match(/\p{Cc}/gu) ?? []).some((each) => !TEXT_CONTROLS.includes(each))
  );
}

/**
 * Yields a file as text: UTF-16 if it begins with the byte order mark of it, otherwise UTF-8. Calls `onBinary` once if the file is
 * neither: secrets in UTF-32 or in a compressed file are not found.
 */
export async function* decodeText(
  chunks: AsyncIterable<Uint8Array>,
  onBinary: () => void,
): AsyncGenerator<string> {
  let first = new Uint8Array(0);
  let decoder: TextDecoder | null = null;
  let isReported = false;

  function check(text: string): string {
    if (!isReported && isBinary(text)) {
      isReported = true;
      onBinary();
    }
    return text;
  }

  for await (const chunk of chunks) {
    let bytes = chunk;
    if (decoder === null) {
      first = Buffer.concat([first, chunk]);
      if (first.length < MARK_BYTES) continue;
      const mark = MARKS.find((candidate) => candidate.bytes.every((byte, place) => byte === first[place]));
      decoder = new TextDecoder(mark?.encoding ?? 'utf-8');
      bytes = first;
    }
    yield check(decoder.decode(bytes, { stream: true }));
  }
  yield check((decoder ?? new TextDecoder()).decode(decoder ? undefined : first));
}

/** Yields the secrets in a text of any length that arrives in chunks. Keeps one chunk in memory at a time. */
export async function* scanText(chunks: AsyncIterable<string>): AsyncGenerator<Sighting> {
  let text = '';
  let start: Position = { line: 1, column: 1 };
  /** Everything before this index has been reported. */
  let reported = 0;

  function* report(last: boolean): Generator<Sighting> {
    for (const found of findSecrets(text)) {
      const end = found.index + found.secret.length;
      // A secret at the very end of a chunk can continue in the next one.
      if (found.index < reported || (end === text.length && !last)) continue;
      reported = end;
      yield { ...found, ...after(start, text.slice(0, found.index)) };
    }
  }

  for await (const chunk of chunks) {
    text += chunk;
    yield* report(false);
    const done = Math.max(0, text.length - TAIL_CHARACTERS);
    start = after(start, text.slice(0, done));
    text = text.slice(done);
    reported = Math.max(0, reported - done);
  }
  yield* report(true);
}
