import type { IncomingMessage } from 'node:http';

/**
 * Reads the body of a request or an answer.
 * @param tooLong makes the error for a body of more than `mostBytes` bytes
 * @throws Error the one that `tooLong` makes.
 */
export async function receive(
  message: IncomingMessage,
  mostBytes: number,
  tooLong: () => Error,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of message as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > mostBytes) throw tooLong();
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}
