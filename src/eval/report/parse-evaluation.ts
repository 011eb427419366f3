import { SnapshelfError } from '../../errors.ts';
import { asSentence, parseJsonWithin } from '../../json/index.ts';
import { type Evaluation, evaluationSchema } from './evaluation-schema.ts';

/** Values of a report: a million queries with twenty measures. */
const mostValues = 20_000_000;

function parse(text: string, name: string): unknown {
  try {
    return parseJsonWithin(text, { values: mostValues });
  } catch (cause) {
    const reason = asSentence((cause as Error).message);
    throw new SnapshelfError('source-invalid', `${name} cannot be read as JSON. ${reason}`, { cause });
  }
}

/**
 * Reads a report that `evaluate` made.
 * @param name Name of the report in an error.
 * @throws SnapshelfError `source-invalid` if it is none, or of another version
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { parseEvaluation } from 'snapshelf/evaluate';
 *
 * const evaluation = parseEvaluation(await readFile('report.json', 'utf8'), 'report.json');
 * ```
 */
export function parseEvaluation(text: string, name: string): Evaluation {
  const { data, error } = evaluationSchema.safeParse(parse(text, name));
  if (data !== undefined) return data;
  const [issue] = error.issues;
  throw new SnapshelfError(
    'source-invalid',
    `${name} is no report of snapshelf evaluate, version 1: ${issue?.path.join('.')} ${issue?.message}.`,
    { cause: error },
  );
}
