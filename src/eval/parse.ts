import { SnapshelfError } from '../errors.ts';
import { parseJsonWithin } from '../json/index.ts';
import type { Evaluation } from './evaluation.ts';
import { evaluationSchema } from './report-schema.ts';

/** Values of a report: a million queries with twenty figures. */
const mostValues = 20_000_000;

function parse(text: string, name: string): unknown {
  try {
    return parseJsonWithin(text, { values: mostValues });
  } catch (cause) {
    const why = (cause as Error).message;
    throw new SnapshelfError('source-invalid', `${name} is not JSON, or too much: ${why}.`, { cause });
  }
}

/**
 * Reads a report that `evaluate` made.
 * @param name What to call it in an error.
 * @throws SnapshelfError `source-invalid` when it is none, or of another version.
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
