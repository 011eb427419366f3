import type { GraphBuilder } from '../builder.ts';
import { inferPair } from '../elementwise.ts';
import type { Operator } from '../operator.ts';
import type { Value } from '../value.ts';

export const addOperator: Operator = { opType: 'Add', infer: inferPair };

/** `a + b`, broadcast as NumPy does. */
export const add = (g: GraphBuilder, a: Value, b: Value): Value => g.apply(addOperator, [a, b]);
