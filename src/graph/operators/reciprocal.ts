import type { GraphBuilder } from '../builder.ts';
import { inferSame } from '../elementwise.ts';
import type { Operator } from '../operator.ts';
import type { Value } from '../value.ts';

export const reciprocalOperator: Operator = { opType: 'Reciprocal', infer: inferSame };

/** `1 / x`. */
export const reciprocal = (g: GraphBuilder, x: Value): Value => g.apply(reciprocalOperator, [x]);
