export { GraphBuilder, opset } from './builder.ts';
export { broadcast } from './elementwise.ts';
export type { Attributes, Operator, OpType } from './operator.ts';
export * from './operators/index.ts';
export { type Dim, describe, fixedDim, type Shape, type Value, type ValueType } from './value.ts';
export type { Window } from './window.ts';
