import { z } from 'zod';
import { SnapshelfError } from '../errors.ts';
import { asClause, parseJsonWithin } from '../json/index.ts';

const longestAnswer = 65_536;
const answerMs = 60_000;

/** Returns the text of an answer, bounded, because any program may listen there. */
async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of response.body ?? []) {
    text += decoder.decode(piece, { stream: true });
    if (text.length > longestAnswer) throw new RangeError(`It sends more than ${longestAnswer} characters.`);
  }
  return text;
}

/**
 * Sends a request to the server that has the data folder open.
 * @param parse reads the body of the answer; undefined if there is none
 * @throws SnapshelfError `internal` if the server refuses, or answers something else.
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
    const reason = asClause(String(Object(body).detail ?? `status ${response.status}`));
    throw new RangeError(`It refused: ${reason}.`);
  } catch (cause) {
    const why = cause instanceof z.ZodError ? 'It answers something else' : (cause as Error).message;
    const { origin } = new URL(url);
    // Without the cause: all that is to be told of an answer that anybody may have written is in the sentence.
    throw new SnapshelfError('internal', `The server at ${origin} does not do this: ${asClause(why)}.`);
  }
}
