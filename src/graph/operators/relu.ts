import type { GraphBuilder } from '../builder.ts';
import { inferSame } from '../elementwise.ts';
import type { Operator } from '../operator.ts';
import type { Value } from '../value.ts';

export const reluOperator: Operator = { opType: 'Relu', infer: inferSame };

/** `max(x, 0)`. */
export const relu = (g: GraphBuilder, x: Value): Value => g.apply(reluOperator, [x]);
