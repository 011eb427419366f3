import { GraphEditor, type GraphProto } from '../../onnx/index.ts';
import type { Layer } from './layers.ts';
import type { Range } from './ranges.ts';
import { activationScale, type ByteScale } from './scales.ts';

/** An activation that exists as bytes. */
export interface ByteTensor extends ByteScale {
  /** The uint8 tensor. */
  readonly bytes: string;
  /** The float32 tensor that DequantizeLinear makes from it. */
  readonly float: string;
  /** True if the graph that is being quantised has both already: the pixels of the picture. */
  readonly given: boolean;
}

/** Returns the outputs of the graph's own DequantizeLinear nodes. */
function givenTensors(graph: GraphProto): Map<string, ByteTensor> {
  const editor = new GraphEditor(graph);
  const numberOf = (name: string | undefined): number => editor.scalar(name) ?? Number.NaN;
  const nodes = graph.node.filter(({ opType }) => opType === 'DequantizeLinear');
  return new Map(
    nodes.map(({ input: [bytes = '', scale, zeroPoint], output: [float = ''] }) => [
      float,
      { bytes, float, scale: numberOf(scale), zeroPoint: numberOf(zeroPoint), given: true },
    ]),
  );
}

/** Returns the name of the float32 tensor that a layer's output becomes after it was bytes. */
export const dequantizedName = (tensor: string): string => `${tensor}.dequantized`;

/**
 * Returns the inputs and outputs of layers, and the tensors that the graph itself makes from bytes, by name. The output
 * of max pooling has its input's scale; otherwise its bytes would have to be converted.
 *
 * @throws RangeError if a range is missing
 */
export function byteTensors(
  graph: GraphProto,
  layers: readonly Layer[],
  ranges: ReadonlyMap<string, Range>,
): Map<string, ByteTensor> {
  const given = givenTensors(graph);
  const pools = layers.filter(({ node }) => node.opType === 'MaxPool');
  const pooled = new Map(pools.map(({ inputs, output }) => [output, inputs[0] ?? '']));
  const scaleOf = (name: string): ByteScale => {
    const source = pooled.get(name);
    if (source !== undefined) return given.get(source) ?? scaleOf(source);
    const range = ranges.get(name);
    if (range === undefined) throw new RangeError(`The tensor ${name} has no range.`);
    return activationScale(range);
  };
  const tensorOf = (name: string): ByteTensor =>
    given.get(name) ?? {
      bytes: `${name}.quantized`,
      float: dequantizedName(name),
      ...scaleOf(name),
      given: false,
    };
  const names = [...given.keys(), ...layers.flatMap(({ inputs, output }) => [...inputs, output])];
  return new Map(names.map((name) => [name, tensorOf(name)]));
}
