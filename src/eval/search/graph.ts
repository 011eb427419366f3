import {
  encodeModel,
  irVersion,
  makeGraph,
  makeModel,
  makeNode,
  makeValueInfo,
  type NodeProto,
  opset,
  type ValueInfoProto,
} from '../../onnx/index.ts';
import type { Metric } from '../types.ts';

/**
 * How near each item of a chunk is to each query of a group, the larger the nearer: the product, and under L2, because
 * |q - g|^2 = |q|^2 - 2 (q.g - |g|^2 / 2) and |q|^2 changes no order, with `bias` -|g|^2 / 2.
 */
const scoreNodes = (metric: Metric): NodeProto[] => [
  makeNode({
    opType: 'Gemm',
    inputs: ['queries', 'gallery', ...(metric === 'l2' ? ['bias'] : [])],
    outputs: ['scores'],
    attributes: { transB: 1 },
  }),
];

const scoreInputs = (metric: Metric): ValueInfoProto[] => [
  makeValueInfo('queries', 'float32', ['Q', 'D']),
  makeValueInfo('gallery', 'float32', ['G', 'D']),
  ...(metric === 'l2' ? [makeValueInfo('bias', 'float32', ['G'])] : []),
];

const topK = (scores: string, count: string, values: string, places: string): NodeProto =>
  makeNode({
    opType: 'TopK',
    inputs: [scores, count],
    outputs: [values, places],
    attributes: { axis: -1, largest: 1, sorted: 1 },
  });

/** The `count` best of the chunk, joined with the best of the chunks before it; of these the `keep` best. */
const bestNodes = (): NodeProto[] => [
  topK('scores', 'count', 'chunk_scores', 'places'),
  makeNode({ opType: 'Cast', inputs: ['places'], outputs: ['places32'], attributes: { to: 6 } }),
  makeNode({ opType: 'Add', inputs: ['places32', 'start'], outputs: ['chunk_rows'] }),
  makeNode({
    opType: 'Concat',
    inputs: ['before_scores', 'chunk_scores'],
    outputs: ['both_scores'],
    attributes: { axis: 1 },
  }),
  makeNode({
    opType: 'Concat',
    inputs: ['before_rows', 'chunk_rows'],
    outputs: ['both_rows'],
    attributes: { axis: 1 },
  }),
  topK('both_scores', 'keep', 'best_scores', 'best_places'),
  makeNode({
    opType: 'GatherElements',
    inputs: ['both_rows', 'best_places'],
    outputs: ['best_rows'],
    attributes: { axis: 1 },
  }),
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

/** An ONNX model that gives `scores`, `float32[Q, G]`: how near each item of a chunk is, the larger the nearer. */
export const scoreModel = (metric: Metric): Uint8Array =>
  encode(scoreNodes(metric), scoreInputs(metric), [makeValueInfo('scores', 'float32', ['Q', 'G'])]);

/**
 * An ONNX model that keeps the best of what it has seen: fed chunk after chunk of the gallery, and with its own outputs
 * `best_scores` and `best_rows` (`[Q, keep]`, best first) as `before_...`. `start` is the chunk's first row.
 */
export const bestModel = (metric: Metric): Uint8Array =>
  encode(
    [...scoreNodes(metric), ...bestNodes()],
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
