import { codeOf, type DataType } from '../../onnx/index.ts';
import { countElements } from '../../tensor/index.ts';
import { broadcast } from '../elementwise.ts';
import type { Graph } from '../graph.ts';
import { isFixed, type Value } from '../value.ts';
import { numberLike } from './number.ts';
import { reshape } from './shape.ts';

/** The number of elements from which removing the trailing axes of size 1 pays. */
const many = 1024;

/**
 * Combines two tensors with broadcasting. ONNX Runtime's CPU kernels work along the last axis: an axis of size 1 at the
 * end of both would cost a call per element (a hundred times slower), so such axes are removed and put back.
 */
function pair(g: Graph, opType: 'Add' | 'Sub' | 'Mul' | 'Div', a: Value, b: Value): Value {
  const shape = broadcast(a.shape, b.shape) ?? [];
  const ones = shape.length - 1 - shape.findLastIndex((dim) => dim !== 1);
  const alike = a.shape.join() === b.shape.join();
  if (alike || ones === 0 || !isFixed(shape) || countElements(shape) < many) return g.apply(opType, [a, b]);
  const shorter = (x: Value): Value =>
    reshape(g, x, x.shape.slice(0, Math.max(0, x.shape.length - ones)).map(Number));
  return reshape(g, g.apply(opType, [shorter(a), shorter(b)]), shape);
}

/** `a + b`, broadcast as NumPy does. */
export const add = (g: Graph, a: Value, b: Value): Value => pair(g, 'Add', a, b);

/** `a - b`, broadcast as NumPy does. */
export const sub = (g: Graph, a: Value, b: Value): Value => pair(g, 'Sub', a, b);

/** `a * b`, broadcast as NumPy does. */
export const mul = (g: Graph, a: Value, b: Value): Value => pair(g, 'Mul', a, b);

/** `a / b`, broadcast as NumPy does. */
export const div = (g: Graph, a: Value, b: Value): Value => pair(g, 'Div', a, b);

/** `a` to the power of `b`, broadcast as NumPy does. */
export const pow = (g: Graph, a: Value, b: Value): Value => g.apply('Pow', [a, b]);

/** `-x`. */
export const neg = (g: Graph, x: Value): Value => g.apply('Neg', [x]);

/** `1 / x`. */
export const reciprocal = (g: Graph, x: Value): Value => g.apply('Reciprocal', [x]);

/** The square root. */
export const sqrt = (g: Graph, x: Value): Value => g.apply('Sqrt', [x]);

/** e to the power of x. */
export const exp = (g: Graph, x: Value): Value => g.apply('Exp', [x]);

/** The natural logarithm. */
export const log = (g: Graph, x: Value): Value => g.apply('Log', [x]);

/** `max(x, 0)`. */
export const relu = (g: Graph, x: Value): Value => g.apply('Relu', [x]);

/** A float32 tensor limited to `minimum` and `maximum` (default: no upper bound); ReLU6 is 0 and 6. */
export function clip(g: Graph, x: Value, minimum: number, maximum?: number): Value {
  const bounds = maximum === undefined ? [minimum] : [minimum, maximum];
  return g.apply('Clip', [x, ...bounds.map((bound) => numberLike(g, x, bound))]);
}

/** The same numbers in another element type. */
export const cast = (g: Graph, x: Value, to: DataType): Value => g.apply('Cast', [x], { to: codeOf(to) });

/** log(1 + e^x). */
export const softplus = (g: Graph, x: Value): Value => g.apply('Softplus', [x]);

/** The comparison `a = b`, number by number, broadcast as NumPy does: `bool`. */
export const equal = (g: Graph, a: Value, b: Value): Value => g.apply('Equal', [a, b]);

/** The comparison `a > b`, number by number, broadcast as NumPy does: `bool`. */
export const greater = (g: Graph, a: Value, b: Value): Value => g.apply('Greater', [a, b]);

/** The same numbers, which count as constants in gradients. */
export const stopGradient = (g: Graph, x: Value): Value => g.apply('StopGradient', [x]);

/** The largest power of two that a float32 holds: the steepest possible step. */
const steepest = 2 ** 127;

/** Returns the power of two that moves the float32 numbers next to `bound` at least 1 away from it. */
const steepnessAt = (bound: number): number =>
  bound === 0 ? steepest : 2 ** (24 - Math.floor(Math.log2(Math.abs(bound))));

/** `x * slope + offset`, limited to 0 and 1. */
const hardSigmoid = (g: Graph, x: Value, slope: number, offset: number): Value =>
  g.apply('HardSigmoid', [x], { alpha: { float: slope }, beta: { float: offset } });

/** `dy` where `a > b`, otherwise 0, in any element type: the steps below are of float32. */
const whereGreater = (g: Graph, a: Value, b: Value, dy: Value): Value =>
  mul(g, dy, cast(g, greater(g, a, b), dy.dataType));

/**
 * `dy` where `x > bound`, otherwise 0. In float32 the step is the steepest possible hard sigmoid: exact, and in ONNX
 * Runtime several times faster than a comparison, a cast and a product, or `Where`.
 */
export function whereAbove(g: Graph, x: Value, bound: number, dy: Value): Value {
  if (x.dataType !== 'float32') return whereGreater(g, x, numberLike(g, x, bound), dy);
  const slope = steepnessAt(bound);
  return mul(g, dy, hardSigmoid(g, x, slope, -slope * Math.fround(bound)));
}

/** `dy` where `x < bound`, otherwise 0. */
export function whereBelow(g: Graph, x: Value, bound: number, dy: Value): Value {
  if (x.dataType !== 'float32') return whereGreater(g, numberLike(g, x, bound), x, dy);
  const slope = steepnessAt(bound);
  return mul(g, dy, hardSigmoid(g, x, -slope, slope * Math.fround(bound)));
}
