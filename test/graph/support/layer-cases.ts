import fc from 'fast-check';
import { axisOf, number, type OperatorCase, optional, shape, tensor, whole } from './operator-case.ts';

type Cases = fc.Arbitrary<OperatorCase>;

const globalAveragePool: Cases = shape(4, 4).chain((dims) => tensor(dims).map((x) => ({ inputs: [x] })));

const positive = whole(1, 8).map((quarters) => quarters / 4);

const batchNormalization: Cases = fc
  .tuple(shape(2, 4), fc.boolean(), fc.constantFrom(1e-5, 0.25), fc.constantFrom(0, 0.75, 0.9))
  .chain(([dims, training, epsilon, momentum]) => {
    const perChannel = [dims[1] ?? 0];
    const inputs = fc.tuple(
      tensor(dims),
      tensor(perChannel),
      tensor(perChannel),
      tensor(perChannel),
      tensor(perChannel, positive),
    );
    return inputs.map(
      (given): OperatorCase => ({
        inputs: given,
        attributes: {
          epsilon: { float: epsilon },
          momentum: { float: momentum },
          training_mode: Number(training),
        },
        outputs: training ? ['float32', 'float32', 'float32'] : ['float32'],
      }),
    );
  });

const softmax: Cases = shape(1, 4).chain((dims) =>
  fc.tuple(tensor(dims), optional(axisOf(dims.length))).map(([x, axis]) => ({
    inputs: [x],
    attributes: axis === undefined ? {} : { axis },
  })),
);

const sizes = fc.record({ m: whole(1, 3), k: whole(1, 4), n: whole(1, 3) });
const factor = fc.oneof(number, fc.constant(1));
const flags = fc.record({ transA: whole(0, 1), transB: whole(0, 1), alpha: factor, beta: factor });

const gemm: Cases = fc
  .tuple(sizes, flags, whole(0, 5))
  .chain(([{ m, k, n }, { alpha, beta, ...flipped }, which]) => {
    const a = tensor(flipped.transA ? [k, m] : [m, k]);
    const b = tensor(flipped.transB ? [n, k] : [k, n]);
    const bias = [[m, n], [n], [1, n], [m, 1], []][which];
    const attributes = { ...flipped, alpha: { float: alpha }, beta: { float: beta } };
    return fc
      .tuple(a, b, bias === undefined ? fc.constant(undefined) : tensor(bias))
      .map((inputs) => ({ inputs, attributes }));
  });

const matrices = (batchedBy: fc.Arbitrary<[number[], number[]]>, minRank: number): Cases =>
  fc
    .tuple(sizes, batchedBy, flags, whole(minRank, 2), whole(minRank, 2))
    .chain(([{ m, k, n }, [p, q], f, rankA, rankB]) => {
      const a = rankA === 1 ? [k] : [...p, ...(minRank === 2 && f.transA ? [k, m] : [m, k])];
      const b = rankB === 1 ? [k] : [...q, ...(minRank === 2 && f.transB ? [n, k] : [k, n])];
      const fused = { transA: f.transA, transB: f.transB, alpha: { float: f.alpha } };
      return fc
        .tuple(tensor(a), tensor(b))
        .map((inputs) => ({ inputs, attributes: minRank === 2 ? fused : {} }));
    });

/** The axes before those of the matrices: equal, or 1 or missing in one of them. */
const batches = fc
  .tuple(shape(0, 2), fc.boolean(), whole(0, 2))
  .map(([common, ones, missing]): [number[], number[]] => [
    common,
    (ones ? common.map(() => 1) : common).slice(missing),
  ]);

/** One node of each of these operators, with random inputs and attributes. */
/** A scale and a zero point, of all numbers or one for each place of an axis; scales by which quotients are exact. */
const scales = (dims: readonly number[], zeroType: 'uint8' | 'int32') =>
  optional(axisOf(dims.length)).chain((axis) => {
    const own = axis === undefined ? [] : [dims.at(axis) ?? 0];
    const zero = zeroType === 'uint8' ? whole(0, 255) : fc.constant(0);
    const both = fc.tuple(tensor(own, fc.constantFrom(0.5, 0.25, 2 ** -7)), tensor(own, zero, zeroType));
    return both.map((inputs) => ({ inputs, attributes: axis === undefined ? {} : { axis } }));
  });

const quantizeLinear: Cases = shape(1, 4)
  .chain((dims) => fc.tuple(tensor(dims), scales(dims, 'uint8')))
  .map(([x, { inputs, attributes }]) => ({ inputs: [x, ...inputs], attributes, outputs: ['uint8'] }));

const dequantizeLinear: Cases = fc
  .tuple(shape(1, 4), fc.constantFrom('uint8', 'int32'))
  .chain(([dims, type]) => fc.tuple(tensor(dims, whole(0, 255), type), scales(dims, type)))
  .map(([x, { inputs, attributes }]) => ({ inputs: [x, ...inputs], attributes }));

export const layerCases: Readonly<Record<string, Cases>> = {
  DequantizeLinear: dequantizeLinear,
  GlobalAveragePool: globalAveragePool,
  BatchNormalization: batchNormalization,
  QuantizeLinear: quantizeLinear,
  Softmax: softmax,
  LogSoftmax: softmax,
  Gemm: gemm,
  MatMul: matrices(batches, 1),
  'com.microsoft.FusedMatMul': matrices(batches, 2),
};
