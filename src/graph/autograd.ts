import type { Application, GraphBuilder } from './builder.ts';
import { add, numberLike } from './functions/index.ts';
import { demand } from './operator.ts';
import { operators } from './operators/index.ts';
import { describe, type Value } from './value.ts';

/**
 * The values that change smoothly when one of `sources` does: only to them a gradient need flow. What is no
 * floating-point number, such as the outcome of a comparison, changes in steps and ends the flow, as in PyTorch.
 */
function dependents(applications: readonly Application[], sources: readonly Value[]): Set<Value> {
  const reached = new Set(sources);
  for (const { inputs, output } of applications) {
    const smooth = output.dataType.startsWith('float');
    if (smooth && inputs.some((input) => reached.has(input))) reached.add(output);
  }
  return reached;
}

/** Adds what flows back through one node to the gradients of its inputs. */
function flowBack(
  g: GraphBuilder,
  use: Application,
  reached: ReadonlySet<Value>,
  found: Map<Value, Value>,
): void {
  const dy = found.get(use.output);
  if (dy === undefined) return;
  const { gradient } = operators[use.opType];
  const parts = gradient?.(g, use, dy) ?? [];
  for (const [at, input] of use.inputs.entries()) {
    if (!reached.has(input)) continue;
    const part = parts[at]?.();
    demand(part !== undefined, `${use.opType} has no gradient for its input ${at}, ${input.name}`);
    const other = found.get(input);
    found.set(input, other === undefined ? part : add(g, other, part));
  }
}

/**
 * Adds to a graph the nodes that compute the gradients of a scalar with respect to `sources` (reverse-mode automatic
 * differentiation: the nodes backwards, each operator's own rule), and returns them in the order of `sources`.
 *
 * Throws a `RangeError` when `loss` is no scalar, does not depend on a source, or depends on it through an operator
 * without a gradient.
 */
export function gradients(g: GraphBuilder, loss: Value, sources: readonly Value[]): Value[] {
  demand(loss.shape.length === 0, `a gradient is that of one number, not of ${loss.name}: ${describe(loss)}`);
  const forward = [...g.applications];
  const reached = dependents(forward, sources);
  const found = new Map([[loss, numberLike(g, loss, 1)]]);
  for (const use of forward.reverse()) flowBack(g, use, reached, found);
  return sources.map((source) => {
    const gradient = found.get(source);
    demand(gradient !== undefined, `${loss.name} does not depend on ${source.name}`);
    return gradient;
  });
}
