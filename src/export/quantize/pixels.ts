import {
  dimsOf,
  type GraphProto,
  makeNode,
  makeTensor,
  type NodeProto,
  type TensorProto,
  tensorData,
} from '../../onnx/index.ts';

/** How pictures come in: bytes are cast, the mean is taken away, the deviation divides, and one convolution reads that. */
interface Entrance {
  readonly cast: NodeProto;
  readonly sub: NodeProto;
  readonly mul: NodeProto;
  readonly conv: NodeProto;
}

function entranceOf(graph: GraphProto): Entrance | undefined {
  const readerOf = (node: NodeProto | undefined, opType: string): NodeProto | undefined => {
    const readers = graph.node.filter(({ input }) => input.includes(node?.output[0] ?? ''));
    return readers.length === 1 && readers[0]?.opType === opType ? readers[0] : undefined;
  };
  const cast = graph.node.find(({ opType }) => opType === 'Cast');
  const sub = readerOf(cast, 'Sub');
  const mul = readerOf(sub, 'Mul');
  const conv = readerOf(mul, 'Conv');
  if (cast === undefined || sub === undefined || mul === undefined || conv === undefined) return undefined;
  return { cast, sub, mul, conv };
}

interface Normalization {
  readonly mean: Float32Array;
  readonly factor: Float32Array;
}

/** The weights and biases on `byte - zeroPoint` that do what the given ones do on `(byte - mean) * factor`. */
function onBytes(
  weight: TensorProto,
  bias: TensorProto,
  { mean, factor }: Normalization,
  zeroPoint: number,
): [TensorProto, TensorProto] {
  const [, channels = 1, height = 1, width = 1] = dimsOf(weight);
  const area = height * width;
  const weights = Float32Array.from(tensorData(weight) as Float32Array);
  const biases = Float64Array.from(tensorData(bias) as Float32Array);
  for (const [i, value] of weights.entries()) {
    const channel = Math.floor(i / area) % channels;
    const filter = Math.floor(i / (area * channels));
    const scaled = value * (factor[channel] ?? 1);
    weights[i] = scaled;
    biases[filter] = (biases[filter] ?? 0) + scaled * (zeroPoint - (mean[channel] ?? 0));
  }
  return [
    makeTensor(weight.name, 'float32', dimsOf(weight), weights),
    makeTensor(bias.name, 'float32', dimsOf(bias), Float32Array.from(biases)),
  ];
}

const average = (numbers: Float32Array): number =>
  numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

/**
 * The same graph with the normalisation of the pixels moved into the first convolution, which then reads the picture's
 * own bytes: nothing is rounded, and nothing is computed for each pixel. The padding around the picture becomes one
 * grey, the nearest to the mean colour that one byte can say. Other graphs stay as they are.
 */
export function foldPixels(graph: GraphProto): GraphProto {
  const entrance = entranceOf(graph);
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const of = (node: NodeProto | undefined, at: number): TensorProto | undefined =>
    constants.get(node?.input[at] ?? '');
  const [mean, factor] = [of(entrance?.sub, 1), of(entrance?.mul, 1)];
  const [weight, bias] = [of(entrance?.conv, 1), of(entrance?.conv, 2)];
  if (entrance === undefined || !mean || !factor || !weight || !bias) return graph;
  const normalization = { mean: tensorData(mean), factor: tensorData(factor) } as Normalization;
  const zeroPoint = Math.round(average(normalization.mean));
  const { cast, sub, mul } = entrance;
  const node = makeNode({
    name: 'DequantizeLinear.pixels',
    opType: 'DequantizeLinear',
    inputs: [cast.input[0] ?? '', 'pixels.scale', 'pixels.zero_point'],
    outputs: mul.output,
  });
  const tensors = [
    makeTensor('pixels.scale', 'float32', [], Float32Array.of(1)),
    makeTensor('pixels.zero_point', 'uint8', [], Uint8Array.of(zeroPoint)),
    ...onBytes(weight, bias, normalization, zeroPoint),
  ];
  for (const tensor of tensors) constants.set(tensor.name, tensor);
  for (const name of [mean.name, factor.name]) constants.delete(name);
  const nodes = graph.node.flatMap((other) =>
    other === cast ? node : other === sub || other === mul ? [] : other,
  );
  return { ...graph, node: nodes, initializer: [...constants.values()] };
}
