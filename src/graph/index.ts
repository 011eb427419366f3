export { gradients } from './autograd.ts';
export { GraphBuilder } from './builder.ts';
export { broadcast } from './elementwise.ts';
export * from './functions/index.ts';
export type { OpType } from './graph.ts';
export { operators } from './operators/index.ts';
export type { TrainingMode } from './training-mode.ts';
export { type Dim, describe, fixedDim, type Value } from './value.ts';
export type { Window } from './window.ts';
