import {
  dimsOf,
  type GraphProto,
  makeNode,
  makeTensor,
  type NodeProto,
  type TensorProto,
  tensorData,
} from '../onnx/index.ts';

interface Pair {
  readonly conv: NodeProto;
  readonly norm: NodeProto;
}

/** How often each value is read, so that only a convolution that nothing else reads is changed. */
function readers(graph: GraphProto): Map<string, number> {
  const counts = new Map<string, number>();
  for (const node of graph.node) for (const name of node.input) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** Every convolution without bias whose only reader is a batch normalisation. */
function foldablePairs(graph: GraphProto): Pair[] {
  const producers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const counts = readers(graph);
  return graph.node.flatMap((norm) => {
    const conv = norm.opType === 'BatchNormalization' ? producers.get(norm.input[0] ?? '') : undefined;
    if (conv?.opType !== 'Conv' || conv.input.length !== 2 || counts.get(conv.output[0] ?? '') !== 1)
      return [];
    return [{ conv, norm }];
  });
}

class Constants {
  readonly #tensors: Map<string, TensorProto>;

  constructor(graph: GraphProto) {
    this.#tensors = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  }

  numbers(name: string | undefined): Float32Array {
    return tensorData(this.tensor(name)) as Float32Array;
  }

  tensor(name: string | undefined): TensorProto {
    const tensor = this.#tensors.get(name ?? '');
    if (tensor === undefined) throw new RangeError(`${name} is not a constant of the graph`);
    return tensor;
  }
}

/**
 * The weight and bias that make a convolution do what it and its batch normalisation did, in float64:
 * `w' = w * s / sqrt(v + e)` and `b' = b - m * s / sqrt(v + e)` for each filter.
 */
function foldPair({ conv, norm }: Pair, constants: Constants): { weight: TensorProto; bias: TensorProto } {
  const [scale, shift, mean, variance] = norm.input.slice(1, 5).map((name) => constants.numbers(name));
  const epsilon = norm.attribute.find(({ name }) => name === 'epsilon')?.f ?? 1e-5;
  const original = constants.tensor(conv.input[1]);
  const weight = Float32Array.from(constants.numbers(original.name));
  const filters = shift?.length ?? 0;
  const bias = new Float32Array(filters);
  const perFilter = weight.length / filters;
  for (let filter = 0; filter < filters; filter += 1) {
    const factor = (scale?.[filter] ?? 1) / Math.sqrt((variance?.[filter] ?? 1) + epsilon);
    bias[filter] = (shift?.[filter] ?? 0) - (mean?.[filter] ?? 0) * factor;
    for (let i = filter * perFilter; i < (filter + 1) * perFilter; i += 1)
      weight[i] = (weight[i] ?? 0) * factor;
  }
  return {
    weight: makeTensor(original.name, 'float32', dimsOf(original), weight),
    bias: makeTensor(original.name.replace(/weight$/, 'bias'), 'float32', [filters], bias),
  };
}

/**
 * The same graph with every batch normalisation that follows a convolution folded into it; others stay.
 * Constants that nothing reads any more are left out.
 */
export function foldBatchNormalization(graph: GraphProto): GraphProto {
  const constants = new Constants(graph);
  const folded = new Map<NodeProto, NodeProto | undefined>();
  const tensors = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  for (const pair of foldablePairs(graph)) {
    const { weight, bias } = foldPair(pair, constants);
    tensors.set(weight.name, weight).set(bias.name, bias);
    const inputs = [pair.conv.input[0] ?? '', weight.name, bias.name];
    const { name, opType, attribute } = pair.conv;
    const conv = makeNode({ name, opType, inputs, outputs: pair.norm.output });
    folded.set(pair.conv, { ...conv, attribute });
    folded.set(pair.norm, undefined);
  }
  const node = graph.node.flatMap((original) =>
    folded.has(original) ? (folded.get(original) ?? []) : original,
  );
  const read = new Set(node.flatMap(({ input }) => input));
  return { ...graph, node, initializer: [...tensors.values()].filter(({ name }) => read.has(name)) };
}
