import type { GraphBuilder } from '../builder.ts';
import { inferPair } from '../elementwise.ts';
import type { Operator } from '../operator.ts';
import type { Value } from '../value.ts';

export const mulOperator: Operator = { opType: 'Mul', infer: inferPair };

/** `a * b`, broadcast as NumPy does. */
export const mul = (g: GraphBuilder, a: Value, b: Value): Value => g.apply(mulOperator, [a, b]);
