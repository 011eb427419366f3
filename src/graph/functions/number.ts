import type { Graph } from '../graph.ts';
import type { Value } from '../value.ts';

/** Adds a scalar constant of the element type of `x` (float32 or float64). */
export function numberLike(g: Graph, { dataType }: Value, value: number): Value {
  const data = dataType === 'float64' ? Float64Array.of(value) : Float32Array.of(value);
  return g.constant('number', dataType, [], data);
}
