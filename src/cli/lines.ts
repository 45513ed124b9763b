import type { NumberedLine } from '../services/tokens/import.ts';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The longest line: 64 scopes and metadata need less. */
export const LINE_BYTES = 65_536;

function withoutMark(line: Buffer): Buffer {
  return line.subarray(0, 3).equals(BYTE_ORDER_MARK) ? line.subarray(3) : line;
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}

/**
 * Yields the lines of a text in UTF-8, except blank ones, with LF or CRLF and with or without a byte order mark. Keeps at most
 * the longest line and one chunk in memory: of a longer line, it yields a refusal.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<NumberedLine> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let number = 0;
  let rest = Buffer.alloc(0);
  let isTooLong = false;

  function toLine(bytes: Buffer): NumberedLine | null {
    number += 1;
    if (isTooLong || bytes.length > LINE_BYTES)
      return { number, refusal: `has more than ${LINE_BYTES} bytes` };
    try {
      const text = decoder.decode(withoutReturn(number === 1 ? withoutMark(bytes) : bytes));
      return text.trim() === '' ? null : { number, text };
    } catch {
      return { number, refusal: 'is not UTF-8' };
    }
  }

  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      const line = toLine(Buffer.concat([rest, chunk.subarray(from, end)]));
      if (line) yield line;
      [rest, isTooLong, from] = [Buffer.alloc(0), false, end + 1];
    }
    if (!isTooLong) rest = Buffer.concat([rest, chunk.subarray(from)]);
    if (rest.length > LINE_BYTES + 2) [rest, isTooLong] = [Buffer.alloc(0), true];
  }
  const last = rest.length > 0 || isTooLong ? toLine(rest) : null;
  if (last) yield last;
}
