import type { ModelProto, NodeProto } from '../../../src/onnx/index.ts';
import { evaluate, runNodes, type Values } from './evaluate.ts';
import { at, type Tensor64 } from './tensor.ts';

/** The nodes whose results change with a value. */
function dependents(nodes: readonly NodeProto[], source: string): NodeProto[] {
  const reached = new Set([source]);
  return nodes.filter(({ input, output }) => {
    const depends = input.some((name) => reached.has(name));
    if (depends) for (const name of output) reached.add(name);
    return depends;
  });
}

function existing(values: Values, name: string): Tensor64 {
  const value = values.get(name);
  if (value === undefined) throw new RangeError(`the graph has no value ${name}`);
  return value;
}

/**
 * The gradient of `output`, a tensor of one number, with respect to any value `wrt` of the graph (an input, an
 * initializer or what a node made), in its shape: `(f(x + step) - f(x - step)) / (2 step)` for each number of it.
 * With numbers near 1 about nine digits are right, unless a kink (of Relu, Abs, MaxPool, Clip) lies within a step.
 *
 * Throws a `RangeError` when there is no such value or the output is more than one number.
 */
export function numericGradient(
  model: ModelProto,
  feeds: Readonly<Record<string, Tensor64>>,
  output: string,
  wrt: string,
  step = 1e-6,
): Tensor64 {
  const base = evaluate(model, feeds);
  const { dims, data } = existing(base, wrt);
  const count = existing(base, output).data.length;
  if (count !== 1) throw new RangeError(`${output} is ${count} numbers, not one`);
  const nodes = dependents(model.graph?.node ?? [], wrt);
  const outputWith = (position: number, number: number): number => {
    const values = new Map(base).set(wrt, { dims, data: data.with(position, number) });
    runNodes(nodes, values);
    return at(existing(values, output).data, 0);
  };
  const slopes = data.map((number, position) => {
    const [above, below] = [number + step, number - step];
    return (outputWith(position, above) - outputWith(position, below)) / (above - below);
  });
  return { dims: [...dims], data: slopes };
}
