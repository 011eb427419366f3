import { dataTypeOf } from '../../onnx/index.ts';
import { check, checkRank, firstInputs, inputAt } from '../checks.ts';
import { inferComparison, inferPair, inferSame } from '../elementwise.ts';
import {
  cast,
  div,
  exp,
  log,
  mul,
  neg,
  numberLike,
  pow,
  sub,
  sumTo,
  whereAbove,
  whereBelow,
} from '../functions/index.ts';
import type { Operator } from '../operator.ts';
import { constantNumbers, type Value } from '../value.ts';

/** The operators that compute each number from the number at the same place, by name. */
export const pointwise = {
  /** `a + b` with broadcasting. Each gradient is `dy`, summed over the broadcast axes. */
  Add: {
    infer: inferPair,
    gradient: (g, { inputs }, dy) => inputs.map((_, at) => () => sumTo(g, dy, inputAt(inputs, at))),
  },
  /** `a - b` with broadcasting. da = dy, db = -dy. */
  Sub: {
    infer: inferPair,
    gradient: (g, { inputs }, dy) => [
      () => sumTo(g, dy, inputAt(inputs, 0)),
      () => neg(g, sumTo(g, dy, inputAt(inputs, 1))),
    ],
  },
  /** `a * b` with broadcasting. da = dy b, db = dy a. */
  Mul: {
    infer: inferPair,
    gradient(g, { inputs }, dy) {
      const [a, b] = firstInputs(inputs, 2);
      return [() => sumTo(g, mul(g, dy, b), a), () => sumTo(g, mul(g, dy, a), b)];
    },
  },
  /** `a / b` with broadcasting. d(a/b)/db = -(a/b)/b. */
  Div: {
    infer: inferPair,
    gradient(g, { inputs, output }, dy) {
      const [a, b] = firstInputs(inputs, 2);
      return [() => sumTo(g, div(g, dy, b), a), () => neg(g, sumTo(g, div(g, mul(g, dy, output), b), b))];
    },
  },
  /** a to the power of b. d(a^b)/da = b a^(b-1); d(a^b)/db = a^b log a, for positive a. */
  Pow: {
    infer: inferPair,
    gradient(g, { inputs, output }, dy) {
      const [a, b] = firstInputs(inputs, 2);
      const slope = () => mul(g, b, pow(g, a, sub(g, b, numberLike(g, b, 1))));
      return [
        () => sumTo(g, mul(g, dy, slope()), a),
        () => sumTo(g, mul(g, dy, mul(g, output, log(g, a))), b),
      ];
    },
  },
  /** `-x`. dx = -dy. */
  Neg: { infer: inferSame, gradient: (g, _, dy) => [() => neg(g, dy)] },
  /** 1 / x. dx = -dy / x^2. */
  Reciprocal: {
    infer: inferSame,
    gradient: (g, { output }, dy) => [() => neg(g, mul(g, dy, mul(g, output, output)))],
  },
  /** The square root. d sqrt(x)/dx = 1 / (2 sqrt(x)). */
  Sqrt: {
    infer: inferSame,
    gradient: (g, { output }, dy) => [() => div(g, mul(g, dy, numberLike(g, dy, 0.5)), output)],
  },
  /** e to the power of x. dx = dy exp(x). */
  Exp: {
    infer: inferSame,
    gradient: (g, { output }, dy) => [() => mul(g, dy, output)],
  },
  /** The natural logarithm. dx = dy / x. */
  Log: {
    infer: inferSame,
    gradient: (g, { inputs }, dy) => [() => div(g, dy, inputAt(inputs, 0))],
  },
  /** log(1 + e^x). dx = dy e^(x - softplus(x)), the logistic function without a loss of digits. */
  Softplus: {
    infer: inferSame,
    gradient: (g, { inputs, output }, dy) => [() => mul(g, dy, exp(g, sub(g, inputAt(inputs, 0), output)))],
  },
  /** `max(x, 0)`. Its gradient at 0 is 0, as in PyTorch. */
  Relu: {
    infer: inferSame,
    gradient: (g, { output }, dy) => [() => whereAbove(g, output, 0, dy)],
  },
  /** x limited to bounds. The gradient at a bound is 0, as in PyTorch's ReLU6. */
  Clip: {
    infer(inputs) {
      for (const bound of inputs.slice(1)) checkRank(bound, 0);
      return inferSame(inputs);
    },
    gradient(g, { inputs, output }, dy) {
      const boundOf = (bound: Value): number => constantNumbers(bound)[0] ?? 0;
      const above = () => whereAbove(g, output, boundOf(inputAt(inputs, 1)), dy);
      const [, , maximum] = inputs;
      return [() => (maximum === undefined ? above() : whereBelow(g, output, boundOf(maximum), above()))];
    },
  },
  /** The comparison `a = b`, number by number; no gradient. */
  Equal: { infer: inferComparison },
  /** The comparison `a > b`, number by number; no gradient. */
  Greater: { infer: inferComparison },
  /** The same numbers, which count as constants in gradients: PyTorch's `detach`. */
  StopGradient: { onnx: { domain: '', opType: 'Identity' }, infer: inferSame, stopsGradient: true },
  /** `x * alpha + beta` limited to 0 and 1. Only used for steps, which have no gradient. */
  HardSigmoid: { infer: inferSame },
  /** The same numbers in another element type; the gradient is cast back. */
  Cast: {
    infer(inputs, attributes) {
      const dataType = dataTypeOf(Number(attributes['to']));
      check(dataType !== undefined, 'The element type is not known.');
      return { dataType, shape: inputAt(inputs, 0).shape };
    },
    gradient: (g, { inputs }, dy) => [() => cast(g, dy, inputAt(inputs, 0).dataType)],
  },
} satisfies Record<string, Operator>;
