import {
  dimsOf,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  tensorData,
  tensorDataType,
} from '../../../src/onnx/index.ts';
import { Call } from './call.ts';
import { operators } from './operators.ts';
import { sizeOf, type Tensor64 } from './tensor.ts';

/** The tensors of a graph by their names. */
export type Values = Map<string, Tensor64>;

function fromProto(tensor: TensorProto): Tensor64 {
  const type = tensorDataType(tensor);
  if (type === 'float16' || type === 'bfloat16')
    throw new Error(`the initializer ${tensor.name} is ${type}, which is not read here`);
  return { dims: dimsOf(tensor), data: Float64Array.from(tensorData(tensor), Number) };
}

/** Throws a `RangeError` for numbers that do not fill their shape, which would give wrong ones unnoticed. */
function demandFilled(name: string, { dims, data }: Tensor64): void {
  if (sizeOf(dims) !== data.length)
    throw new RangeError(`${name}: ${data.length} numbers do not fill [${dims}]`);
}

function runNode(node: NodeProto, values: Values): void {
  const name = node.domain === '' ? node.opType : `${node.domain}.${node.opType}`;
  const operator = operators.get(name);
  if (operator === undefined) throw new Error(`the operator ${name} is not known`);
  const inputs = node.input.map((input) => {
    if (input !== '' && !values.has(input))
      throw new Error(`${name} ${node.name} reads ${input}, which has no value`);
    return values.get(input);
  });
  const call = new Call(node, inputs);
  const outputs = operator(call);
  call.finish(outputs);
  for (const [position, output] of node.output.entries()) {
    const value = outputs[position];
    if (output !== '' && value !== undefined) values.set(output, value);
  }
}

/** Computes nodes in their order and adds what they give to `values`. */
export function runNodes(nodes: readonly NodeProto[], values: Values): void {
  for (const node of nodes) runNode(node, values);
}

/**
 * Runs a model (operator set 17) in float64 and returns every value by its name, initializers included. `feeds` has
 * the inputs and may override initializers.
 *
 * Throws a `RangeError` for feeds that the graph does not know or that do not fill their shapes, and an `Error` naming
 * the operator for one that is not known, or for an attribute or input of it that is not.
 */
export function evaluate(model: ModelProto, feeds: Readonly<Record<string, Tensor64>>): Values {
  const { input = [], initializer = [], node = [] } = model.graph ?? {};
  const known = new Set([...input, ...initializer].map(({ name }) => name));
  const values: Values = new Map(initializer.map((tensor) => [tensor.name, fromProto(tensor)]));
  for (const [name, value] of Object.entries(feeds)) {
    if (!known.has(name)) throw new RangeError(`the graph has no input or initializer ${name}`);
    demandFilled(name, value);
    values.set(name, value);
  }
  runNodes(node, values);
  return values;
}
