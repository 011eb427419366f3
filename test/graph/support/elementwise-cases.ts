import fc from 'fast-check';
import { codeOf } from '../../../src/onnx/index.ts';
import { broadcastable, number, type OperatorCase, shape, tensor, whole } from './operator-case.ts';

type Cases = fc.Arbitrary<OperatorCase>;

const bit = whole(0, 1);

const unary: Cases = shape(0, 3)
  .chain((dims) => tensor(dims))
  .map((x) => ({ inputs: [x] }));

const not: Cases = shape(0, 3)
  .chain((dims) => tensor(dims, bit, 'bool'))
  .map((x) => ({ inputs: [x], outputs: ['bool'] }));

const binary: Cases = broadcastable(2)
  .chain((shapes) => fc.tuple(...shapes.map((dims) => tensor(dims))))
  .map((inputs) => ({ inputs }));

const comparison: Cases = binary.map((use) => ({ ...use, outputs: ['bool'] }));

const where: Cases = broadcastable(3)
  .chain(([condition = [], a = [], b = []]) => fc.tuple(tensor(condition, bit, 'bool'), tensor(a), tensor(b)))
  .map((inputs) => ({ inputs }));

const bound = fc.option(tensor([]), { nil: undefined });
const clip: Cases = fc
  .tuple(
    shape(0, 3).chain((dims) => tensor(dims)),
    bound,
    bound,
  )
  .map((inputs) => ({ inputs }));

const hardSigmoid: Cases = fc
  .tuple(
    shape(0, 3).chain((dims) => tensor(dims)),
    fc.constantFrom(0.25, 1, -2, 2 ** 100),
    number,
  )
  .map(([x, alpha, beta]) => ({
    inputs: [x],
    attributes: { alpha: { float: alpha }, beta: { float: beta } },
  }));

const castOf = (from: 'float32' | 'int64' | 'bool', to: 'float32' | 'int64' | 'int32' | 'bool'): Cases => {
  const item = from === 'bool' ? bit : from === 'int64' ? whole(-5, 5) : undefined;
  return shape(0, 3)
    .chain((dims) => tensor(dims, item, from))
    .map((x) => ({ inputs: [x], attributes: { to: codeOf(to) }, outputs: [to] }));
};

/** One node of each of these operators, with random inputs and attributes. */
export const elementwiseCases: Readonly<Record<string, Cases>> = {
  Identity: unary,
  Neg: unary,
  Sqrt: unary,
  Reciprocal: unary,
  Exp: unary,
  Softplus: unary,
  Log: unary,
  Abs: unary,
  Sign: unary,
  Relu: unary,
  HardSigmoid: hardSigmoid,
  Not: not,
  Add: binary,
  Sub: binary,
  Mul: binary,
  Div: binary,
  Pow: binary,
  Max: binary,
  Min: binary,
  Equal: comparison,
  Greater: comparison,
  GreaterOrEqual: comparison,
  LessOrEqual: comparison,
  Where: where,
  Clip: clip,
  Cast: fc.oneof(
    castOf('float32', 'int64'),
    castOf('float32', 'int32'),
    castOf('float32', 'bool'),
    castOf('int64', 'float32'),
    castOf('bool', 'float32'),
  ),
};
