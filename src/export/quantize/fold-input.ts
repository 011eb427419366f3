import { dimsOf, GraphEditor, type GraphProto, makeNode, type NodeProto } from '../../onnx/index.ts';

/** The normalisation of pictures: bytes are cast, the mean is subtracted, a factor scales, and one convolution reads that. */
interface InputNodes {
  readonly cast: NodeProto;
  readonly sub: NodeProto;
  readonly mul: NodeProto;
  readonly conv: NodeProto;
}

function inputNodesOf(graph: GraphProto, editor: GraphEditor): InputNodes | undefined {
  const readerOf = (node: NodeProto | undefined, opType: string): NodeProto | undefined => {
    const reader = editor.onlyReaderOf(node?.output[0]);
    return reader?.opType === opType ? reader : undefined;
  };
  const cast = graph.node.find(({ opType }) => opType === 'Cast');
  const sub = readerOf(cast, 'Sub');
  const mul = readerOf(sub, 'Mul');
  const conv = readerOf(mul, 'Conv');
  if (cast === undefined || sub === undefined || mul === undefined || conv === undefined) return undefined;
  const constants = [sub.input[1], mul.input[1], conv.input[1], conv.input[2]];
  return constants.every((name) => editor.isConstant(name ?? '')) ? { cast, sub, mul, conv } : undefined;
}

interface Normalization {
  readonly mean: Float32Array;
  readonly factor: Float32Array;
}

/** Replaces weight and bias so that they do on `byte - zeroPoint` what they did on `(byte - mean) * factor`. */
function foldParameters(
  editor: GraphEditor,
  [, weight, bias]: readonly string[],
  { mean, factor }: Normalization,
  zeroPoint: number,
): void {
  const dims = dimsOf(editor.constant(weight));
  const [, channels = 1, height = 1, width = 1] = dims;
  const area = height * width;
  const weights = Float32Array.from(editor.numbers(weight));
  const biases = Float64Array.from(editor.numbers(bias));
  for (const [i, value] of weights.entries()) {
    const channel = Math.floor(i / area) % channels;
    const filter = Math.floor(i / (area * channels));
    const scaled = value * (factor[channel] ?? 1);
    weights[i] = scaled;
    biases[filter] = (biases[filter] ?? 0) + scaled * (zeroPoint - (mean[channel] ?? 0));
  }
  editor.setConstant(weight ?? '', 'float32', dims, weights);
  editor.setConstant(bias ?? '', 'float32', [biases.length], Float32Array.from(biases));
}

const average = (numbers: Float32Array): number =>
  numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

/**
 * Returns the same graph with the normalisation of the pixels folded into the first convolution, which then reads the
 * picture's bytes: nothing is rounded and nothing is computed per pixel. The padding around the picture becomes one grey,
 * the byte nearest to the mean colour. Graphs of another form stay as they are.
 */
export function foldInput(graph: GraphProto): GraphProto {
  const editor = new GraphEditor(graph);
  const nodes = inputNodesOf(graph, editor);
  if (nodes === undefined) return graph;
  const { cast, sub, mul, conv } = nodes;
  const normalization = { mean: editor.numbers(sub.input[1]), factor: editor.numbers(mul.input[1]) };
  const zeroPoint = Math.round(average(normalization.mean));
  editor.setConstant('pixels.scale', 'float32', [], Float32Array.of(1));
  editor.setConstant('pixels.zero_point', 'uint8', [], Uint8Array.of(zeroPoint));
  foldParameters(editor, conv.input, normalization, zeroPoint);
  const dequantize = makeNode({
    name: 'DequantizeLinear.pixels',
    opType: 'DequantizeLinear',
    inputs: [cast.input[0] ?? '', 'pixels.scale', 'pixels.zero_point'],
    outputs: mul.output,
  });
  for (const node of graph.node) {
    if (node === cast) editor.nodes.push(dequantize);
    else if (node !== sub && node !== mul) editor.nodes.push(node);
  }
  return editor.finish();
}
