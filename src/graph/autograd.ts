import { check } from './checks.ts';
import { add, numberLike } from './functions/index.ts';
import type { Graph, Node } from './graph.ts';
import { operators } from './operators/index.ts';
import { describe, type Value } from './value.ts';

/**
 * Returns the values that change smoothly when one of `sources` does: only they need a gradient. Values that are not
 * floating-point numbers, such as the outcome of a comparison, change in steps and end the flow, as in PyTorch.
 */
function dependents(nodes: readonly Node[], sources: readonly Value[]): Set<Value> {
  const reached = new Set(sources);
  for (const { opType, inputs, output } of nodes) {
    const smooth = output.dataType.startsWith('float') && operators[opType].stopsGradient !== true;
    if (smooth && inputs.some((input) => reached.has(input))) reached.add(output);
  }
  return reached;
}

/** Adds the gradients that flow back through one node to those of its inputs. */
function flowBack(g: Graph, node: Node, reached: ReadonlySet<Value>, found: Map<Value, Value>): void {
  const dy = found.get(node.output);
  if (dy === undefined) return;
  const { gradient } = operators[node.opType];
  const parts = gradient?.(g, node, dy) ?? [];
  for (const [at, input] of node.inputs.entries()) {
    if (!reached.has(input)) continue;
    const part = parts[at]?.();
    check(part !== undefined, `${node.opType} has no gradient for its input ${at}, ${input.name}.`);
    const other = found.get(input);
    found.set(input, other === undefined ? part : add(g, other, part));
  }
}

/**
 * Adds the nodes that compute the gradients of a scalar with respect to `sources`, and returns them in the order of
 * `sources`. Reverse-mode automatic differentiation: it walks the nodes backwards and applies each operator's rule.
 *
 * @throws RangeError if `loss` is not a scalar, does not depend on a source, or depends on it through an operator
 * without a gradient
 */
export function gradients(g: Graph, loss: Value, sources: readonly Value[]): Value[] {
  check(loss.shape.length === 0, `loss must be a scalar, not ${loss.name} of ${describe(loss)}.`);
  const forward = [...g.nodes];
  const reached = dependents(forward, sources);
  const found = new Map([[loss, numberLike(g, loss, 1)]]);
  for (const node of forward.reverse()) flowBack(g, node, reached, found);
  return sources.map((source) => {
    const gradient = found.get(source);
    check(gradient !== undefined, `${loss.name} does not depend on ${source.name}.`);
    return gradient;
  });
}
