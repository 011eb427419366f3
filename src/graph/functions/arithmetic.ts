import { codeOf, type DataType } from '../../onnx/index.ts';
import type { GraphBuilder } from '../builder.ts';
import { broadcast } from '../elementwise.ts';
import { isFixed, sizeOf, type Value } from '../value.ts';
import { numberLike } from './number.ts';
import { reshape } from './shape.ts';

/** From this many numbers on, a map is worth a second look. */
const many = 1024;

/**
 * A tensor repeated along others. ONNX Runtime's CPU kernels work along the last axis, so an axis of size 1 at the end
 * of both costs them a call for each number (a hundred times as long): it is taken away meanwhile.
 */
function pair(g: GraphBuilder, opType: 'Add' | 'Sub' | 'Mul' | 'Div', a: Value, b: Value): Value {
  const shape = broadcast(a.shape, b.shape) ?? [];
  const ones = shape.length - 1 - shape.findLastIndex((dim) => dim !== 1);
  const alike = a.shape.join() === b.shape.join();
  if (alike || ones === 0 || !isFixed(shape) || sizeOf(shape) < many) return g.apply(opType, [a, b]);
  const shorter = (x: Value): Value =>
    reshape(g, x, x.shape.slice(0, Math.max(0, x.shape.length - ones)).map(Number));
  return reshape(g, g.apply(opType, [shorter(a), shorter(b)]), shape);
}

/** `a + b`, broadcast as NumPy does. */
export const add = (g: GraphBuilder, a: Value, b: Value): Value => pair(g, 'Add', a, b);

/** `a - b`, broadcast as NumPy does. */
export const sub = (g: GraphBuilder, a: Value, b: Value): Value => pair(g, 'Sub', a, b);

/** `a * b`, broadcast as NumPy does. */
export const mul = (g: GraphBuilder, a: Value, b: Value): Value => pair(g, 'Mul', a, b);

/** `a / b`, broadcast as NumPy does. */
export const div = (g: GraphBuilder, a: Value, b: Value): Value => pair(g, 'Div', a, b);

/** `a` to the power of `b`, broadcast as NumPy does. */
export const pow = (g: GraphBuilder, a: Value, b: Value): Value => g.apply('Pow', [a, b]);

/** `-x`. */
export const neg = (g: GraphBuilder, x: Value): Value => g.apply('Neg', [x]);

/** `1 / x`. */
export const reciprocal = (g: GraphBuilder, x: Value): Value => g.apply('Reciprocal', [x]);

/** The square root. */
export const sqrt = (g: GraphBuilder, x: Value): Value => g.apply('Sqrt', [x]);

/** e to the power of x. */
export const exp = (g: GraphBuilder, x: Value): Value => g.apply('Exp', [x]);

/** The natural logarithm. */
export const log = (g: GraphBuilder, x: Value): Value => g.apply('Log', [x]);

/** The absolute value. */
export const abs = (g: GraphBuilder, x: Value): Value => g.apply('Abs', [x]);

/** -1, 0 or 1. */
export const sign = (g: GraphBuilder, x: Value): Value => g.apply('Sign', [x]);

/** `max(x, 0)`. */
export const relu = (g: GraphBuilder, x: Value): Value => g.apply('Relu', [x]);

/** Every number of a float32 tensor at least `minimum` and at most `maximum` (default: no bound); ReLU6 is 0 and 6. */
export function clip(g: GraphBuilder, x: Value, minimum: number, maximum?: number): Value {
  const bounds = maximum === undefined ? [minimum] : [minimum, maximum];
  return g.apply('Clip', [x, ...bounds.map((bound) => numberLike(g, x, bound))]);
}

/** The same numbers in another element type. */
export const cast = (g: GraphBuilder, x: Value, to: DataType): Value =>
  g.apply('Cast', [x], { to: codeOf(to) });

/** Whether `a > b`, number by number. */
export const greater = (g: GraphBuilder, a: Value, b: Value): Value => g.apply('Greater', [a, b]);

/** Whether `a < b`, number by number. */
export const less = (g: GraphBuilder, a: Value, b: Value): Value => g.apply('Less', [a, b]);

/** Whether `a = b`, number by number. */
export const equal = (g: GraphBuilder, a: Value, b: Value): Value => g.apply('Equal', [a, b]);

/** Whether both are true. */
export const and = (g: GraphBuilder, a: Value, b: Value): Value => g.apply('And', [a, b]);

/** The number of `a` where the condition holds, else that of `b`. */
export const where = (g: GraphBuilder, condition: Value, a: Value, b: Value): Value =>
  g.apply('Where', [condition, a, b]);

/** The largest power of two that a float32 holds: how steep a step can be. */
const steepest = 2 ** 127;

/** The steepest power of two at which a number next to `bound` still ends up 1 or more from it. */
const steepnessAt = (bound: number): number =>
  bound === 0 ? steepest : 2 ** (24 - Math.floor(Math.log2(Math.abs(bound))));

/** `x * slope + offset`, at least 0 and at most 1. */
export const hardSigmoid = (g: GraphBuilder, x: Value, slope: number, offset: number): Value =>
  g.apply('HardSigmoid', [x], { alpha: { float: slope }, beta: { float: offset } });

/**
 * `dy` where `x > bound`, else 0, of float32. The step is a hard sigmoid as steep as numbers go: exact, and in ONNX
 * Runtime several times as fast as a comparison, a cast and a product or as `Where`.
 */
export function whereAbove(g: GraphBuilder, x: Value, bound: number, dy: Value): Value {
  const slope = steepnessAt(bound);
  return mul(g, dy, hardSigmoid(g, x, slope, -slope * Math.fround(bound)));
}

/** `dy` where `x < bound`, else 0, of float32. */
export function whereBelow(g: GraphBuilder, x: Value, bound: number, dy: Value): Value {
  const slope = steepnessAt(bound);
  return mul(g, dy, hardSigmoid(g, x, -slope, slope * Math.fround(bound)));
}
