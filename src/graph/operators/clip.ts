import type { GraphBuilder } from '../builder.ts';
import { inferSame } from '../elementwise.ts';
import { demandRank, type Operator } from '../operator.ts';
import type { Value, ValueType } from '../value.ts';

function infer(inputs: readonly Value[]): ValueType {
  for (const bound of inputs.slice(1)) demandRank(bound, 0);
  return inferSame(inputs);
}

export const clipOperator: Operator = { opType: 'Clip', infer };

/** Every number of a float32 tensor at least `minimum` and at most `maximum` (default: no bound); ReLU6 is 0 and 6. */
export function clip(g: GraphBuilder, x: Value, minimum: number, maximum?: number): Value {
  const bounds = maximum === undefined ? [minimum] : [minimum, maximum];
  const scalars = bounds.map((bound) => g.constant('bound', 'float32', [], Float32Array.of(bound)));
  return g.apply(clipOperator, [x, ...scalars]);
}
