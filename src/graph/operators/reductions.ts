import { countElements } from '../../tensor/index.ts';
import { check, inputAt, integers } from '../checks.ts';
import { inferSame } from '../elementwise.ts';
import { cast, div, equal, exp, mul, numberLike, reduceSum, spreadOver, sub } from '../functions/index.ts';
import type { Attributes } from '../graph.ts';
import type { Operator } from '../operator.ts';
import { constantNumbers, fixedShape, type Value, type ValueType } from '../value.ts';

/**
 * Returns the type of a tensor after a reduction over `axes`, which stay with size 1 if `keepdims` is 1.
 *
 * @throws RangeError if `axes` are not distinct axes of `x`
 */
function reducedType(x: Value, axes: readonly number[], attributes: Attributes): ValueType {
  const known = axes.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < x.shape.length);
  check(known && new Set(axes).size === axes.length, `[${axes}] are not axes of ${x.name}.`);
  const ones = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const shape = attributes['keepdims'] === 1 ? ones : ones.filter((_, axis) => !axes.includes(axis));
  return { dataType: x.dataType, shape };
}

/** The operators that reduce axes, by name. */
export const reductions = {
  /** The mean over axes; the gradient is spread evenly. */
  ReduceMean: {
    infer: (inputs, attributes) => reducedType(inputAt(inputs, 0), integers(attributes, 'axes'), attributes),
    gradient(g, { inputs, output, attributes }, dy) {
      const x = inputAt(inputs, 0);
      const share = countElements(fixedShape(output)) / countElements(fixedShape(x));
      const scaled = () => mul(g, dy, numberLike(g, dy, share));
      return [() => spreadOver(g, scaled(), x, integers(attributes, 'axes'))];
    },
  },
  /** The sum over axes; the gradient is repeated over them. */
  ReduceSum: {
    infer: (inputs, attributes) =>
      reducedType(inputAt(inputs, 0), constantNumbers(inputAt(inputs, 1)), attributes),
    gradient: (g, { inputs }, dy) => [
      () => spreadOver(g, dy, inputAt(inputs, 0), constantNumbers(inputAt(inputs, 1))),
      undefined,
    ],
  },
  /** The greatest number over axes; the gradient is shared by all numbers that are it, as in PyTorch's `amax`. */
  ReduceMax: {
    infer: (inputs, attributes) => reducedType(inputAt(inputs, 0), integers(attributes, 'axes'), attributes),
    gradient(g, { inputs, output, attributes }, dy) {
      const x = inputAt(inputs, 0);
      const axes = integers(attributes, 'axes');
      const spread = (reduced: Value): Value => spreadOver(g, reduced, x, axes);
      const share = (): Value => {
        const greatest = cast(g, equal(g, x, spread(output)), x.dataType);
        return div(g, greatest, spread(reduceSum(g, greatest, axes, true)));
      };
      return [() => mul(g, share(), spread(dy))];
    },
  },
  /** The logarithm of the softmax over the last axis. dx = dy - softmax(x) sum(dy). */
  LogSoftmax: {
    infer: inferSame,
    gradient(g, { output }, dy) {
      const last = output.shape.length - 1;
      return [() => sub(g, dy, mul(g, exp(g, output), reduceSum(g, dy, [last], true)))];
    },
  },
} satisfies Record<string, Operator>;
