import { codeOf, type DataType } from '../../onnx/index.ts';
import type { GraphBuilder } from '../builder.ts';
import type { Value } from '../value.ts';

/** `a + b`, broadcast as NumPy does. */
export const add = (g: GraphBuilder, a: Value, b: Value): Value => g.apply('Add', [a, b]);

/** `a - b`, broadcast as NumPy does. */
export const sub = (g: GraphBuilder, a: Value, b: Value): Value => g.apply('Sub', [a, b]);

/** `a * b`, broadcast as NumPy does. */
export const mul = (g: GraphBuilder, a: Value, b: Value): Value => g.apply('Mul', [a, b]);

/** `a / b`, broadcast as NumPy does. */
export const div = (g: GraphBuilder, a: Value, b: Value): Value => g.apply('Div', [a, b]);

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

/** One number, in the element type of `x` (float32 or float64). */
export function numberLike(g: GraphBuilder, { dataType }: Value, value: number): Value {
  const data = dataType === 'float64' ? Float64Array.of(value) : Float32Array.of(value);
  return g.constant('number', dataType, [], data);
}

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

/** `x` where the condition holds, else 0. As a product: `Where` takes ONNX Runtime twice as long. */
export const mask = (g: GraphBuilder, x: Value, condition: Value): Value =>
  mul(g, x, cast(g, condition, x.dataType));
