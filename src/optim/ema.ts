import { add, type GraphBuilder, mul, numberLike } from '../graph/index.ts';

/** The prefix of the name of a parameter's moving average. */
export const averagePrefix = 'average.';

/**
 * Adds the exponential moving averages of parameters and running statistics to a graph, as buffers `average.<name>`
 * (at first the parameter itself): `decay average + (1 - decay) next`. What no step changes is its own average.
 * @param decay 0 to below 1
 */
export function exponentialAverages(g: GraphBuilder, names: readonly string[], decay: number): void {
  for (const name of names) {
    const parameter = g.value(name);
    const next = g.updates.get(name);
    if (next === undefined) continue;
    const average = g.buffer(averagePrefix + name, parameter.shape.map(Number));
    const kept = mul(g, average, numberLike(g, average, decay));
    g.update(average, add(g, kept, mul(g, next, numberLike(g, next, 1 - decay))));
  }
}
