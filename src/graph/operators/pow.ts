import type { GraphBuilder } from '../builder.ts';
import { inferPair } from '../elementwise.ts';
import type { Operator } from '../operator.ts';
import type { Value } from '../value.ts';

export const powOperator: Operator = { opType: 'Pow', infer: inferPair };

/** `a` to the power of `b`, broadcast as NumPy does. */
export const pow = (g: GraphBuilder, a: Value, b: Value): Value => g.apply(powOperator, [a, b]);
