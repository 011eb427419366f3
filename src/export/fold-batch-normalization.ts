import { dimsOf, GraphEditor, type GraphProto, makeNode, type NodeProto } from '../onnx/index.ts';

interface Pair {
  readonly conv: NodeProto;
  readonly norm: NodeProto;
}

/** Returns every convolution without bias whose only reader is a batch normalisation. */
function foldablePairs(graph: GraphProto, editor: GraphEditor): Pair[] {
  return graph.node.flatMap((norm) => {
    const conv = norm.opType === 'BatchNormalization' ? editor.producerOf(norm.input[0]) : undefined;
    if (conv?.opType !== 'Conv' || conv.input.length !== 2) return [];
    return editor.onlyReaderOf(conv.output[0]) === norm ? [{ conv, norm }] : [];
  });
}

/**
 * Replaces the weight of a convolution and adds a bias, so that it does what it and its batch normalisation did, in
 * float64: `w' = w * s / sqrt(v + e)` and `b' = b - m * s / sqrt(v + e)` for each filter. Returns the names of both.
 */
function foldParameters({ conv, norm }: Pair, editor: GraphEditor): [weight: string, bias: string] {
  const [scale, shift, mean, variance] = norm.input.slice(1, 5).map((name) => editor.numbers(name));
  const epsilon = norm.attribute.find(({ name }) => name === 'epsilon')?.f ?? 1e-5;
  const original = editor.constant(conv.input[1]);
  const weight = Float32Array.from(editor.numbers(original.name));
  const filters = shift?.length ?? 0;
  const bias = new Float32Array(filters);
  const perFilter = weight.length / filters;
  for (let filter = 0; filter < filters; filter += 1) {
    const factor = (scale?.[filter] ?? 1) / Math.sqrt((variance?.[filter] ?? 1) + epsilon);
    bias[filter] = (shift?.[filter] ?? 0) - (mean?.[filter] ?? 0) * factor;
    for (let i = filter * perFilter; i < (filter + 1) * perFilter; i += 1)
      weight[i] = (weight[i] ?? 0) * factor;
  }
  return [
    editor.setConstant(original.name, 'float32', dimsOf(original), weight),
    editor.setConstant(original.name.replace(/weight$/, 'bias'), 'float32', [filters], bias),
  ];
}

/** Returns the same graph with every batch normalisation that follows a convolution folded into it; others stay. */
export function foldBatchNormalization(graph: GraphProto): GraphProto {
  const editor = new GraphEditor(graph);
  const folded = new Map<NodeProto, NodeProto | undefined>();
  for (const pair of foldablePairs(graph, editor)) {
    const { name, opType, attribute, input } = pair.conv;
    const inputs = [input[0] ?? '', ...foldParameters(pair, editor)];
    const conv = makeNode({ name, opType, inputs, outputs: pair.norm.output });
    folded.set(pair.conv, { ...conv, attribute });
    folded.set(pair.norm, undefined);
  }
  for (const node of graph.node) {
    const replaced = folded.has(node) ? folded.get(node) : node;
    if (replaced !== undefined) editor.nodes.push(replaced);
  }
  return editor.finish();
}
