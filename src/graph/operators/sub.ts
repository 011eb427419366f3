import type { GraphBuilder } from '../builder.ts';
import { inferPair } from '../elementwise.ts';
import type { Operator } from '../operator.ts';
import type { Value } from '../value.ts';

export const subOperator: Operator = { opType: 'Sub', infer: inferPair };

/** `a - b`, broadcast as NumPy does. */
export const sub = (g: GraphBuilder, a: Value, b: Value): Value => g.apply(subOperator, [a, b]);
