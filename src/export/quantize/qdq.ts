import { dimsOf, type GraphProto, type NodeProto } from '../../onnx/index.ts';
import { type ByteTensor, byteTensors } from './byte-tensors.ts';
import { integerParameters } from './integer-parameters.ts';
import type { Layer } from './layers.ts';
import { Parts } from './parts.ts';
import type { Range } from './ranges.ts';

class Rewriter {
  readonly #parts: Parts;
  readonly #tensors: ReadonlyMap<string, ByteTensor>;
  readonly #layers: ReadonlyMap<NodeProto, Layer>;
  readonly #folded: ReadonlySet<NodeProto>;
  /** What layers give, which is only ever read as bytes. */
  readonly #outputs: ReadonlySet<string>;

  constructor(parts: Parts, layers: readonly Layer[], tensors: ReadonlyMap<string, ByteTensor>) {
    this.#parts = parts;
    this.#tensors = tensors;
    this.#layers = new Map(layers.map((layer) => [layer.node, layer]));
    this.#folded = new Set(layers.flatMap(({ activation }) => activation ?? []));
    this.#outputs = new Set(layers.map(({ output }) => output));
  }

  /** A node of the old graph as one or several of the new. */
  node(node: NodeProto): void {
    if (this.#folded.has(node)) return;
    const layer = this.#layers.get(node);
    if (layer === undefined) this.#keep(node);
    else this.#quantize(layer);
    for (const name of layer === undefined ? node.output : [layer.output]) this.toBytes(name);
  }

  /** Rounds a tensor to bytes, where they are wanted and not there. */
  toBytes(name: string): void {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined || tensor.given) return;
    const scales = [
      this.#parts.constant(`${name}.scale`, 'float32', [], Float32Array.of(tensor.scale)),
      this.#parts.constant(`${name}.zero_point`, 'uint8', [], Uint8Array.of(tensor.zeroPoint)),
    ];
    this.#parts.add('QuantizeLinear', [name, ...scales], tensor.bytes);
    this.#parts.add('DequantizeLinear', [tensor.bytes, ...scales], tensor.float);
  }

  #tensorOf(name: string): ByteTensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new RangeError(`${name} is no input of a layer`);
    return tensor;
  }

  #keep(node: NodeProto): void {
    const input = node.input.map((name) => {
      if (!this.#outputs.has(name) && this.#tensors.get(name)?.given !== true) return name;
      return node.opType === 'Conv' ? this.#apart(name, node) : this.#tensorOf(name).float;
    });
    this.#parts.nodes.push({ ...node, input });
  }

  /**
   * The input of a convolution that stays float, made of bytes by a scale for each channel, all the same: behind a
   * single scale ONNX Runtime would quantise the convolution anyway, with one scale for all of its filters.
   */
  #apart(name: string, conv: NodeProto): string {
    const { bytes, scale, zeroPoint } = this.#tensorOf(name);
    const [, perGroup = 1] = dimsOf(this.#parts.constantOf(conv.input[1]));
    const group = Number(conv.attribute.find((attribute) => attribute.name === 'group')?.i ?? 1n);
    const channels = perGroup * group;
    const output = `${conv.name}.input`;
    const scales = new Float32Array(channels).fill(scale);
    const zeroPoints = new Uint8Array(channels).fill(zeroPoint);
    const inputs = [
      bytes,
      this.#parts.constant(`${output}.scale`, 'float32', [channels], scales),
      this.#parts.constant(`${output}.zero_point`, 'uint8', [channels], zeroPoints),
    ];
    return this.#parts.add('DequantizeLinear', inputs, output, { axis: 1 });
  }

  #quantize({ node, inputs, output }: Layer): void {
    const tensors = inputs.map((name) => this.#tensorOf(name));
    const own = node.opType === 'Conv' ? integerParameters(this.#parts, node, tensors[0]?.scale ?? 1) : [];
    const input = [...tensors.map(({ float }) => float), ...own];
    this.#parts.nodes.push({ ...node, input, output: [output] });
  }
}

/**
 * The same graph with these layers between QuantizeLinear and DequantizeLinear nodes, which an inference engine turns
 * into arithmetic on bytes: uint8 activations, int8 weights with a scale for each filter, int32 biases.
 * @param ranges of every input and output of the layers; that of a max pooling's output is not looked at
 * @throws RangeError when one is missing
 */
export function insertQuantization(
  graph: GraphProto,
  layers: readonly Layer[],
  ranges: ReadonlyMap<string, Range>,
): GraphProto {
  const parts = new Parts(graph);
  const rewriter = new Rewriter(parts, layers, byteTensors(graph, layers, ranges));
  for (const { name } of graph.input) rewriter.toBytes(name);
  for (const node of graph.node) rewriter.node(node);
  return parts.graph();
}
