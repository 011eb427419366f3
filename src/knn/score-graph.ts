import {
  codeOf,
  encodeModel,
  irVersion,
  makeGraph,
  makeModel,
  makeNode,
  makeValueInfo,
  type NodeProto,
  opset,
  type ValueInfoProto,
} from '../onnx/index.ts';
import type { Metric } from '../vectors/index.ts';

const node = (
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, number>> = {},
): NodeProto => makeNode({ opType, inputs, outputs, attributes });

/**
 * The score of each item of a chunk for each query of a group, the larger the nearer: the dot product. Under L2 `bias` is
 * -|g|^2 / 2, because |q - g|^2 = |q|^2 - 2 (q.g - |g|^2 / 2) and |q|^2 does not change the order.
 */
const scoreNodes = (metric: Metric): NodeProto[] => [
  node('Gemm', ['queries', 'gallery', ...(metric === 'l2' ? ['bias'] : [])], ['scores'], { transB: 1 }),
];

const scoreInputs = (metric: Metric): ValueInfoProto[] => [
  makeValueInfo('queries', 'float32', ['Q', 'D']),
  makeValueInfo('gallery', 'float32', ['G', 'D']),
  ...(metric === 'l2' ? [makeValueInfo('bias', 'float32', ['G'])] : []),
];

const topK = (inputs: readonly string[], outputs: readonly string[]): NodeProto =>
  node('TopK', inputs, outputs, { axis: -1, largest: 1, sorted: 1 });

/** Joins the `count` best of the chunk with the best of the chunks before it, and keeps the `keep` best of these. */
const topKNodes = (): NodeProto[] => [
  topK(['scores', 'count'], ['chunk_scores', 'places']),
  node('Cast', ['places'], ['places32'], { to: codeOf('int32') }),
  node('Add', ['places32', 'start'], ['chunk_rows']),
  node('Concat', ['before_scores', 'chunk_scores'], ['both_scores'], { axis: 1 }),
  node('Concat', ['before_rows', 'chunk_rows'], ['both_rows'], { axis: 1 }),
  topK(['both_scores', 'keep'], ['best_scores', 'best_places']),
  node('GatherElements', ['both_rows', 'best_places'], ['best_rows'], { axis: 1 }),
];

const encode = (
  nodes: readonly NodeProto[],
  inputs: readonly ValueInfoProto[],
  outputs: readonly ValueInfoProto[],
): Uint8Array =>
  encodeModel(
    makeModel(
      makeGraph({ name: 'exact_search', nodes, inputs, outputs, initializers: [] }),
      { '': opset },
      irVersion,
    ),
  );

/** Makes an ONNX model with the output `scores`, `float32[Q,G]`: the larger, the nearer is the item. */
export const scoreModel = (metric: Metric): Uint8Array =>
  encode(scoreNodes(metric), scoreInputs(metric), [makeValueInfo('scores', 'float32', ['Q', 'G'])]);

/**
 * Makes an ONNX model that keeps the best items that it has seen. It is fed chunk after chunk of the gallery, with its own
 * outputs `best_scores` and `best_rows` (`[Q,keep]`, best first) as `before_...`. `start` is the first row of the chunk.
 */
export const topKModel = (metric: Metric): Uint8Array =>
  encode(
    [...scoreNodes(metric), ...topKNodes()],
    [
      ...scoreInputs(metric),
      makeValueInfo('start', 'int32', [1]),
      makeValueInfo('count', 'int64', [1]),
      makeValueInfo('keep', 'int64', [1]),
      makeValueInfo('before_scores', 'float32', ['Q', 'K']),
      makeValueInfo('before_rows', 'int32', ['Q', 'K']),
    ],
    [makeValueInfo('best_scores', 'float32', ['Q', 'B']), makeValueInfo('best_rows', 'int32', ['Q', 'B'])],
  );
