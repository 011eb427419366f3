import { type GraphProto, type NodeProto, type TensorProto, tensorData } from '../../onnx/index.ts';

/** A node that can compute on bytes, with the activation behind it when saturation can do the activation's work. */
export interface Layer {
  /** Of a convolution the name of its parameters without `.weight`, else that of the node. */
  readonly name: string;
  readonly node: NodeProto;
  /** The tensors that must be bytes. */
  readonly inputs: readonly string[];
  /** The tensor that is bytes afterwards: the activation's where there is one. */
  readonly output: string;
  readonly activation: NodeProto | undefined;
}

/** The nodes that read each tensor, and the names of the graph's outputs, which something outside reads. */
class Readers {
  readonly #readers = new Map<string, NodeProto[]>();
  readonly #outputs: ReadonlySet<string>;

  constructor(graph: GraphProto) {
    this.#outputs = new Set(graph.output.map(({ name }) => name));
    for (const node of graph.node)
      for (const name of node.input) this.#readers.set(name, [...(this.#readers.get(name) ?? []), node]);
  }

  /** The one node that reads a tensor, or undefined when there are none or several. */
  only(name: string): NodeProto | undefined {
    const [reader, ...others] = this.#readers.get(name) ?? [];
    return others.length === 0 && !this.#outputs.has(name) ? reader : undefined;
  }
}

type Constants = ReadonlyMap<string, TensorProto>;

const numberOf = (constants: Constants, name: string | undefined): number | undefined => {
  const tensor = constants.get(name ?? '');
  return tensor === undefined ? undefined : Number(tensorData(tensor)[0]);
};

/** Relu, or Clip from 0 on: bytes with zero point 0 do the same by saturating. */
const isFoldable = ({ opType, input }: NodeProto, constants: Constants): boolean =>
  opType === 'Relu' || (opType === 'Clip' && numberOf(constants, input[1]) === 0);

function inputsOf({ opType, input }: NodeProto, constants: Constants): readonly string[] | undefined {
  const [first = '', ...others] = input;
  const variable = !constants.has(first);
  if (opType === 'Conv') return variable && others.every((name) => constants.has(name)) ? [first] : undefined;
  if (opType === 'Add') return variable && others.every((name) => !constants.has(name)) ? input : undefined;
  return opType === 'MaxPool' || opType === 'GlobalAveragePool' ? [first] : undefined;
}

const layerName = ({ opType, name, input }: NodeProto): string =>
  opType === 'Conv' ? (input[1] ?? name).replace(/\.weight$/, '') : name;

/** Every layer of a graph that can compute on bytes, in the order of the graph. */
export function findLayers(graph: GraphProto): Layer[] {
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const readers = new Readers(graph);
  return graph.node.flatMap((node) => {
    const inputs = inputsOf(node, constants);
    if (inputs === undefined) return [];
    const next = readers.only(node.output[0] ?? '');
    const activation = next !== undefined && isFoldable(next, constants) ? next : undefined;
    const output = (activation ?? node).output[0] ?? '';
    return [{ name: layerName(node), node, inputs, output, activation }];
  });
}

/** Pooling compares or averages bytes and is worth it only where bytes arrive. */
const followsItsInput = ({ node }: Layer): boolean => /Pool$/.test(node.opType);

/**
 * The layers that are to compute on bytes: all but those that are kept float, and the pooling behind them.
 * @param isKept says of a layer's name whether it stays float
 */
export function quantizedLayers(layers: readonly Layer[], isKept: (name: string) => boolean): Layer[] {
  const bytes = new Set<string>();
  return layers.filter((layer) => {
    const quantized =
      !isKept(layer.name) && (!followsItsInput(layer) || layer.inputs.every((name) => bytes.has(name)));
    if (quantized) bytes.add(layer.output);
    return quantized;
  });
}
