export { gradients } from './autograd.ts';
export { GraphBuilder, type TrainingMode } from './builder.ts';
export { broadcast } from './elementwise.ts';
export * from './functions/index.ts';
export type { Attributes, Graph, Node, OpType } from './graph.ts';
export type { Operator } from './operator.ts';
export { operators } from './operators/index.ts';
export { type Dim, describe, fixedDim, type Shape, type Value, type ValueType } from './value.ts';
export type { Window } from './window.ts';
