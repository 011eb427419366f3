import { GraphEditor, type GraphProto, type NodeProto } from '../../onnx/index.ts';

/** A node that can compute on bytes, with the activation after it if saturation can do the activation's work. */
export interface Layer {
  /** For a convolution the name of its parameters without `.weight`, otherwise the node's name. */
  readonly name: string;
  readonly node: NodeProto;
  /** The tensors that must be bytes. */
  readonly inputs: readonly string[];
  /** The tensor that becomes bytes: the activation's output if there is one. */
  readonly output: string;
  readonly activation: NodeProto | undefined;
}

/** True for Relu and for Clip from 0: bytes with zero point 0 do the same by saturating. */
const isFoldable = ({ opType, input }: NodeProto, editor: GraphEditor): boolean =>
  opType === 'Relu' || (opType === 'Clip' && editor.scalar(input[1]) === 0);

function inputsOf({ opType, input }: NodeProto, editor: GraphEditor): readonly string[] | undefined {
  const [first = '', ...others] = input;
  const variable = !editor.isConstant(first);
  if (opType === 'Conv')
    return variable && others.every((name) => editor.isConstant(name)) ? [first] : undefined;
  if (opType === 'Add')
    return variable && others.every((name) => !editor.isConstant(name)) ? input : undefined;
  return opType === 'MaxPool' || opType === 'GlobalAveragePool' ? [first] : undefined;
}

const layerName = ({ opType, name, input }: NodeProto): string =>
  opType === 'Conv' ? (input[1] ?? name).replace(/\.weight$/, '') : name;

/** Returns every layer of a graph that can compute on bytes, in the order of the graph. */
export function findLayers(graph: GraphProto): Layer[] {
  const editor = new GraphEditor(graph);
  return graph.node.flatMap((node) => {
    const inputs = inputsOf(node, editor);
    if (inputs === undefined) return [];
    const next = editor.onlyReaderOf(node.output[0]);
    const activation = next !== undefined && isFoldable(next, editor) ? next : undefined;
    const output = (activation ?? node).output[0] ?? '';
    return [{ name: layerName(node), node, inputs, output, activation }];
  });
}

/** True for pooling, which is worth it only on inputs that are bytes already. */
const followsItsInput = ({ node }: Layer): boolean => /Pool$/.test(node.opType);

/**
 * Returns the layers that will compute on bytes: all except those that are kept float, and the pooling after them.
 *
 * @param isKept - returns true for the name of a layer that stays float
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
