import {
  type DataType,
  type GraphProto,
  makeNode,
  makeTensor,
  type NodeProto,
  type TensorProto,
  type TypedArray,
} from '../../onnx/index.ts';

const readNames = (nodes: readonly NodeProto[], { output }: GraphProto): Set<string> =>
  new Set([...nodes.flatMap(({ input }) => input), ...output.map(({ name }) => name)]);

/** The nodes and constants of a graph that is being made from another. */
export class Parts {
  readonly nodes: NodeProto[] = [];
  readonly constants: Map<string, TensorProto>;
  readonly #from: GraphProto;

  constructor(graph: GraphProto) {
    this.#from = graph;
    this.constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  }

  /** A constant of the old graph. Throws a RangeError when there is none of that name. */
  constantOf(name: string | undefined): TensorProto {
    const tensor = this.constants.get(name ?? '');
    if (tensor === undefined) throw new RangeError(`${name} is not a constant of the graph`);
    return tensor;
  }

  /** Adds a constant and gives its name. */
  constant(name: string, type: DataType, dims: readonly number[], data: TypedArray): string {
    this.constants.set(name, makeTensor(name, type, dims, data));
    return name;
  }

  /** Adds a node and gives the name of its output. */
  add(opType: string, inputs: readonly string[], output: string, attributes = {}): string {
    this.nodes.push(makeNode({ name: `${opType}.${output}`, opType, inputs, outputs: [output], attributes }));
    return output;
  }

  /** The new graph, without the conversions and constants that nothing reads. */
  graph(): GraphProto {
    const before = readNames(this.nodes, this.#from);
    const node = this.nodes.filter(
      ({ opType, output }) => opType !== 'DequantizeLinear' || before.has(output[0] ?? ''),
    );
    const read = readNames(node, this.#from);
    const initializer = [...this.constants.values()].filter(({ name }) => read.has(name));
    return { ...this.#from, node, initializer };
  }
}
