import type { GraphBuilder } from '../builder.ts';
import type { Value } from '../value.ts';

/** One number, in the element type of `x` (float32 or float64). */
export function numberLike(g: GraphBuilder, { dataType }: Value, value: number): Value {
  const data = dataType === 'float64' ? Float64Array.of(value) : Float32Array.of(value);
  return g.constant('number', dataType, [], data);
}
