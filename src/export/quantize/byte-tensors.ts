import { type GraphProto, tensorData } from '../../onnx/index.ts';
import type { Layer } from './layers.ts';
import type { Range } from './ranges.ts';
import { activationScale, type ByteScale } from './scales.ts';

/** An activation that is there as bytes. */
export interface ByteTensor extends ByteScale {
  /** The uint8 tensor. */
  readonly bytes: string;
  /** The float32 tensor that DequantizeLinear makes of it. */
  readonly float: string;
  /** True if the graph that is being quantised has both already: the pixels of the picture. */
  readonly given: boolean;
}

/** What DequantizeLinear nodes of the graph itself give. */
function givenTensors(graph: GraphProto): Map<string, ByteTensor> {
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const numberOf = (name: string | undefined): number => {
    const tensor = constants.get(name ?? '');
    return tensor === undefined ? Number.NaN : Number(tensorData(tensor)[0]);
  };
  const nodes = graph.node.filter(({ opType }) => opType === 'DequantizeLinear');
  return new Map(
    nodes.map(({ input: [bytes = '', scale, zeroPoint], output: [float = ''] }) => [
      float,
      { bytes, float, scale: numberOf(scale), zeroPoint: numberOf(zeroPoint), given: true },
    ]),
  );
}

/** The float32 that a layer's output is after it was bytes. */
export const dequantizedName = (tensor: string): string => `${tensor}.dequantized`;

/**
 * The inputs and outputs of layers, and what the graph makes of bytes itself, by their names. What max pooling gives has its input's scale: else its
 * bytes would have to be converted.
 * @throws RangeError when a range is missing
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
    if (range === undefined) throw new RangeError(`there is no range for ${name}`);
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
