import { z } from 'zod';
import { SnapshelfError } from '../errors.ts';
import { parseJsonWithin } from '../json/index.ts';

const longestAnswer = 65_536;
const answerMs = 60_000;

/** The text of an answer; whoever listens there may send without end. */
async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of response.body ?? []) {
    text += decoder.decode(piece, { stream: true });
    if (text.length > longestAnswer) throw new RangeError(`it sends more than ${longestAnswer} characters`);
  }
  return text;
}

/**
 * Sends a request to the server that has the data folder open; what it answers is read by `parse`, which is given
 * undefined where there is no body.
 * @throws SnapshelfError `internal` when it refuses, or answers something else.
 */
export async function askServer<T>(
  url: string,
  init: RequestInit | undefined,
  parse: (body: unknown) => T,
): Promise<T> {
  try {
    const signal = AbortSignal.timeout(answerMs);
    const response = await fetch(url, { ...init, redirect: 'error', signal });
    const text = await textOf(response);
    const body = text === '' ? undefined : parseJsonWithin(text, { values: 1000 });
    if (response.ok) return parse(body);
    throw new RangeError(`it refused: ${Object(body).detail ?? response.status}`);
  } catch (cause) {
    const why = cause instanceof z.ZodError ? 'it answers something else' : (cause as Error).message;
    throw new SnapshelfError('internal', `the server at ${new URL(url).origin}: ${why}`, { cause });
  }
}
