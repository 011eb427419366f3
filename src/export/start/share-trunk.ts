import { createHash } from 'node:crypto';
import { dimsOf, type GraphProto, type NodeProto, type TensorProto, tensorData } from '../../onnx/index.ts';

/** The nodes and constants that a graph adds to another one. */
export interface Addition {
  readonly nodes: NodeProto[];
  readonly constants: TensorProto[];
  /** The name of its output in the graph that it is added to. */
  readonly output: string;
  /** The nodes that it has in common with the other one. */
  readonly shared: number;
}

/** Says what a constant holds: two of the same text have the same numbers. */
function contentOf(tensor: TensorProto): string {
  const { buffer, byteOffset, byteLength } = tensorData(tensor);
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return `${tensor.dataType}:${dimsOf(tensor)}:${createHash('sha256').update(bytes).digest('hex')}`;
}

const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);

/** Says what a node computes: two of the same text compute the same. */
const workOf = ({ domain, opType, attribute }: NodeProto, inputs: readonly string[]): string =>
  JSON.stringify([domain, opType, attribute, inputs], plain);

/**
 * Finds what of a graph another one computes already, from the same input with the same constants, and gives the rest
 * names of its own.
 *
 * @param prefix - of the names of the rest
 * @param output - the output of the other graph that is wanted
 */
export function withoutShared(
  graph: GraphProto,
  other: GraphProto,
  prefix: string,
  output: string,
): Addition {
  const contents = new Map(graph.initializer.map((tensor) => [contentOf(tensor), tensor.name]));
  // Constants of the same numbers count as one, in the graph itself too.
  const alike = new Map(
    graph.initializer.map((tensor) => [tensor.name, contents.get(contentOf(tensor)) ?? '']),
  );
  const standIns = (input: readonly string[]): string[] => input.map((name) => alike.get(name) ?? name);
  const works = new Map(graph.node.map((node) => [workOf(node, standIns(node.input)), node]));
  const names = new Map<string, string>(graph.input.map(({ name }) => [name, name]));
  const constants: TensorProto[] = [];
  for (const tensor of other.initializer) {
    const same = contents.get(contentOf(tensor));
    names.set(tensor.name, same ?? prefix + tensor.name);
    if (same === undefined) constants.push({ ...tensor, name: prefix + tensor.name });
  }
  const nodes: NodeProto[] = [];
  let shared = 0;
  for (const node of other.node) {
    const input = node.input.map((name) => names.get(name) ?? name);
    const same = works.get(workOf(node, input));
    for (const [at, name] of node.output.entries()) names.set(name, same?.output[at] ?? prefix + name);
    if (same === undefined)
      nodes.push({
        ...node,
        name: prefix + node.name,
        input,
        output: node.output.map((name) => prefix + name),
      });
    else shared += 1;
  }
  return { nodes, constants, output: names.get(output) ?? output, shared };
}
