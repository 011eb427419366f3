import { dimsOf, GraphEditor, type GraphProto, type NodeProto } from '../../onnx/index.ts';
import { type ByteTensor, byteTensors } from './byte-tensors.ts';
import { integerParameters } from './integer-parameters.ts';
import type { Layer } from './layers.ts';
import type { WeightBits } from './options.ts';
import type { Range } from './ranges.ts';

class Rewriter {
  readonly #editor: GraphEditor;
  readonly #tensors: ReadonlyMap<string, ByteTensor>;
  readonly #layers: ReadonlyMap<NodeProto, Layer>;
  readonly #folded: ReadonlySet<NodeProto>;
  /** The outputs of layers, which are only read as bytes. */
  readonly #outputs: ReadonlySet<string>;
  readonly #bits: WeightBits;

  constructor(
    editor: GraphEditor,
    layers: readonly Layer[],
    tensors: ReadonlyMap<string, ByteTensor>,
    bits: WeightBits,
  ) {
    this.#editor = editor;
    this.#bits = bits;
    this.#tensors = tensors;
    this.#layers = new Map(layers.map((layer) => [layer.node, layer]));
    this.#folded = new Set(layers.flatMap(({ activation }) => activation ?? []));
    this.#outputs = new Set(layers.map(({ output }) => output));
  }

  /** Adds a node of the original graph as one or several of the new one. */
  node(node: NodeProto): void {
    if (this.#folded.has(node)) return;
    const layer = this.#layers.get(node);
    if (layer === undefined) this.#keep(node);
    else this.#quantize(layer);
    for (const name of layer === undefined ? node.output : [layer.output]) this.toBytes(name);
  }

  /** Rounds a tensor to bytes if they are wanted and not there. */
  toBytes(name: string): void {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined || tensor.given) return;
    const scales = [
      this.#editor.setConstant(`${name}.scale`, 'float32', [], Float32Array.of(tensor.scale)),
      this.#editor.setConstant(`${name}.zero_point`, 'uint8', [], Uint8Array.of(tensor.zeroPoint)),
    ];
    this.#editor.add('QuantizeLinear', [name, ...scales], tensor.bytes);
    this.#editor.add('DequantizeLinear', [tensor.bytes, ...scales], tensor.float);
  }

  #tensorOf(name: string): ByteTensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new RangeError(`${name} is not an input of a layer.`);
    return tensor;
  }

  #keep(node: NodeProto): void {
    const input = node.input.map((name) => {
      if (!this.#outputs.has(name) && this.#tensors.get(name)?.given !== true) return name;
      return node.opType === 'Conv' ? this.#floatInput(name, node) : this.#tensorOf(name).float;
    });
    this.#editor.nodes.push({ ...node, input });
  }

  /**
   * Adds the input of a convolution that stays float, made from bytes with the same scale for each channel: after a
   * single scale ONNX Runtime would quantise the convolution anyway, with one scale for all of its filters.
   */
  #floatInput(name: string, conv: NodeProto): string {
    const { bytes, scale, zeroPoint } = this.#tensorOf(name);
    const [, perGroup = 1] = dimsOf(this.#editor.constant(conv.input[1]));
    const group = Number(conv.attribute.find((attribute) => attribute.name === 'group')?.i ?? 1n);
    const channels = perGroup * group;
    const output = `${conv.name}.input`;
    const scales = new Float32Array(channels).fill(scale);
    const zeroPoints = new Uint8Array(channels).fill(zeroPoint);
    const inputs = [
      bytes,
      this.#editor.setConstant(`${output}.scale`, 'float32', [channels], scales),
      this.#editor.setConstant(`${output}.zero_point`, 'uint8', [channels], zeroPoints),
    ];
    return this.#editor.add('DequantizeLinear', inputs, output, { axis: 1 });
  }

  #quantize({ node, inputs, output }: Layer): void {
    const tensors = inputs.map((name) => this.#tensorOf(name));
    const scale = tensors[0]?.scale ?? 1;
    const own = node.opType === 'Conv' ? integerParameters(this.#editor, node, scale, this.#bits) : [];
    const input = [...tensors.map(({ float }) => float), ...own];
    this.#editor.nodes.push({ ...node, input, output: [output] });
  }
}

/** Removes the nodes that make float32 from bytes for no reader. */
function removeUnreadFloats(editor: GraphEditor): void {
  const read = editor.readNames();
  const kept = editor.nodes.filter(
    ({ opType, output }) => opType !== 'DequantizeLinear' || read.has(output[0] ?? ''),
  );
  editor.nodes.splice(0, editor.nodes.length, ...kept);
}

/**
 * Returns the same graph with some layers between QuantizeLinear and DequantizeLinear nodes, which an inference engine
 * turns into arithmetic on bytes: uint8 activations, int8 weights with a scale per filter, int32 biases.
 *
 * @param ranges - of every input and output of the layers, except the output of max pooling
 * @throws RangeError if a range is missing
 */
export function insertQuantization(
  graph: GraphProto,
  layers: readonly Layer[],
  ranges: ReadonlyMap<string, Range>,
  bits: WeightBits,
): GraphProto {
  const editor = new GraphEditor(graph);
  const rewriter = new Rewriter(editor, layers, byteTensors(graph, layers, ranges), bits);
  for (const { name } of graph.input) rewriter.toBytes(name);
  for (const node of graph.node) rewriter.node(node);
  removeUnreadFloats(editor);
  return editor.finish();
}
