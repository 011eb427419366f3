import type { GraphBuilder } from '../builder.ts';
import { inputAt, mismatch, type Operator } from '../operator.ts';
import type { Dim, Shape, Value, ValueType } from '../value.ts';

function broadcastDim(a: Dim, b: Dim): Dim | undefined {
  if (a === b || b === 1) return a;
  return a === 1 ? b : undefined;
}

/** The shape of two tensors combined number by number, by NumPy's rule; undefined when they do not fit. */
export function broadcast(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const padded = (shape: Shape): Shape => [...Array<number>(rank - shape.length).fill(1), ...shape];
  const other = padded(b);
  const dims = padded(a).map((dim, axis) => broadcastDim(dim, other[axis] ?? 1));
  return dims.every((dim) => dim !== undefined) ? dims : undefined;
}

const binary = (opType: string): Operator => ({
  opType,
  infer(inputs): ValueType {
    const [a, b] = [inputAt(opType, inputs, 0), inputAt(opType, inputs, 1)];
    if (a.dataType !== b.dataType) mismatch(opType, inputs, 'element types differ');
    const shape = broadcast(a.shape, b.shape) ?? mismatch(opType, inputs, 'shapes do not broadcast');
    return { dataType: a.dataType, shape };
  },
});

const unary = (opType: string): Operator => ({
  opType,
  infer(inputs): ValueType {
    const { dataType, shape } = inputAt(opType, inputs, 0);
    return { dataType, shape };
  },
});

export const addOperator: Operator = binary('Add');
export const subOperator: Operator = binary('Sub');
export const mulOperator: Operator = binary('Mul');
export const powOperator: Operator = binary('Pow');
export const reluOperator: Operator = unary('Relu');
export const clipOperator: Operator = unary('Clip');
export const reciprocalOperator: Operator = unary('Reciprocal');

export const add = (g: GraphBuilder, a: Value, b: Value): Value => g.apply(addOperator, [a, b]);
export const sub = (g: GraphBuilder, a: Value, b: Value): Value => g.apply(subOperator, [a, b]);
export const mul = (g: GraphBuilder, a: Value, b: Value): Value => g.apply(mulOperator, [a, b]);
export const pow = (g: GraphBuilder, a: Value, b: Value): Value => g.apply(powOperator, [a, b]);
export const relu = (g: GraphBuilder, x: Value): Value => g.apply(reluOperator, [x]);
export const reciprocal = (g: GraphBuilder, x: Value): Value => g.apply(reciprocalOperator, [x]);

const bound = (g: GraphBuilder, value: number): Value =>
  g.constant('bound', 'float32', [], Float32Array.of(value));

/** Every number at least `minimum` and at most `maximum` (ReLU6 is 0 and 6). */
export const clip = (g: GraphBuilder, x: Value, minimum: number, maximum: number): Value =>
  g.apply(clipOperator, [x, bound(g, minimum), bound(g, maximum)]);
