import { SnapshelfError } from '../errors.ts';
import { invalidVector } from '../knn/index.ts';
import { counted } from '../text.ts';
import { type MetricChoice, orderById, rowOf } from '../vectors/index.ts';
import type { Subject } from './report/evaluation-schema.ts';
import type { LabelledVectors } from './types.ts';
import { checkLabels } from './what-counts.ts';

/** The vectors to evaluate, and their description. */
export interface EvaluationInput {
  readonly queries: LabelledVectors;
  /** Default: each query is searched among all the others. */
  readonly gallery?: LabelledVectors | undefined;
  readonly subject: Subject;
}

/** Puts rows in the order of their ids, by which equal distances are ranked. */
export function sortById(set: LabelledVectors): LabelledVectors {
  const { vectors, dimension, ids, labels, hashes } = set;
  if (ids.every((id, row) => row === 0 || (ids[row - 1] as string) < id)) return set;
  const order = orderById(ids);
  const copy = new Float32Array(vectors.length);
  for (const [to, from] of order.entries()) copy.set(rowOf(set, from), to * dimension);
  const pick = (values: readonly string[]): string[] => order.map((row) => values[row] ?? '');
  return { vectors: copy, dimension, ids: pick(ids), labels: pick(labels), hashes: hashes && pick(hashes) };
}

function checkSet(name: string, set: LabelledVectors, choices: readonly MetricChoice[]): void {
  const { ids, labels } = set;
  if (labels.length !== ids.length)
    throw new RangeError(
      `There must be one label for each of ${counted(ids.length, `${name} vector`)}, not ${labels.length}.`,
    );
  if (choices.every(({ metric }) => metric !== 'cosine')) return;
  const zero = ids.findIndex((_, row) => rowOf(set, row).every((value) => value === 0));
  if (zero >= 0) throw invalidVector(name, set, zero, 'is zero, which has no cosine');
}

/**
 * Checks what is to be evaluated, and puts its rows in the order of their ids.
 * @throws SnapshelfError `nothing-relevant`; `vector-invalid` for a zero vector under cosine: no network makes one unless
 * it is broken.
 * @throws RangeError Unless there is one label for each vector.
 */
export function checkedInput(input: EvaluationInput, choices: readonly MetricChoice[]): EvaluationInput {
  const queries = sortById(input.queries);
  const gallery = input.gallery && sortById(input.gallery);
  if (gallery === undefined && queries.ids.length < 2)
    throw new SnapshelfError(
      'nothing-relevant',
      `Self-retrieval needs at least two vectors, not ${queries.ids.length}. Add items, or give a gallery of its own.`,
    );
  checkLabels(queries, gallery);
  checkSet('query', queries, choices);
  if (gallery !== undefined) checkSet('gallery', gallery, choices);
  return { ...input, queries, gallery };
}
