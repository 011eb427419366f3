import { SnapshelfError } from '../errors.ts';
import type { Evaluation } from './evaluation.ts';

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

const isNumbers = (value: unknown, length: number): boolean =>
  Array.isArray(value) && value.length === length && value.every((one) => typeof one === 'number');

/** Whether the columns of one metric have a number for every query. */
function isResult(value: unknown, queries: number): boolean {
  if (!isObject(value) || !['cosine', 'l2'].includes(String(value['metric'])) || !isObject(value['perQuery']))
    return false;
  const { firstRelevant, figures } = value['perQuery'];
  if (!isNumbers(firstRelevant, queries) || !isObject(figures)) return false;
  return Object.values(figures).every((column) => isNumbers(column, queries));
}

/** What a comparison reads of a report. */
function isEvaluation(value: unknown): value is Evaluation {
  if (!isObject(value) || value['format'] !== 'snapshelf-evaluation' || value['formatVersion'] !== 1)
    return false;
  const { queries, results } = value;
  if (!isObject(queries) || !isTexts(queries['ids']) || !isTexts(queries['labels'])) return false;
  if (!Array.isArray(results) || !isObject(value['gallery'])) return false;
  if (!isObject(value['subject'])) return false;
  return results.every((result) => isResult(result, (queries['ids'] as string[]).length));
}

/**
 * Reads a report that `evaluate` made.
 * @param name What to call it in an error.
 * @throws SnapshelfError `source-invalid` when it is none, or of another version.
 */
export function parseEvaluation(text: string, name: string): Evaluation {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SnapshelfError('source-invalid', `${name} is not JSON.`, { cause });
  }
  if (!isEvaluation(value))
    throw new SnapshelfError('source-invalid', `${name} is no report of snapshelf evaluate, version 1.`);
  return value;
}
