import { type DataType, dimsOf, type GraphEditor, type NodeProto } from '../../onnx/index.ts';
import type { WeightBits } from './options.ts';
import { quantizeWeights } from './scales.ts';

interface Integers {
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly data: Int8Array | Int32Array;
  /** One per filter. */
  readonly scales: Float32Array;
}

/** Adds integers and the node that makes float32 of them, with a scale for each filter. Returns the node's output. */
function addDequantized(editor: GraphEditor, name: string, { type, dims, data, scales }: Integers): string {
  const filters = scales.length;
  const inputs = [
    editor.setConstant(`${name}.quantized`, type, dims, data),
    editor.setConstant(`${name}.scale`, 'float32', [filters], scales),
    editor.setConstant(`${name}.zero_point`, type, [filters], data.slice(0, filters).fill(0)),
  ];
  return editor.add('DequantizeLinear', inputs, `${name}.dequantized`, { axis: 0 });
}

/**
 * Adds the weights and biases of a convolution as integers, with nodes that make float32 of them.
 *
 * @returns the names of those nodes' outputs
 */
export function integerParameters(
  editor: GraphEditor,
  { input: [, weight = '', bias] }: NodeProto,
  inputScale: number,
  bits: WeightBits,
): string[] {
  const dims = dimsOf(editor.constant(weight));
  const [filters = 0, perGroup] = dims;
  const biases = bias === undefined ? new Float32Array(filters) : editor.numbers(bias);
  const integers = quantizeWeights(editor.numbers(weight), biases, inputScale, perGroup === 1, bits);
  return [
    addDequantized(editor, weight, {
      type: 'int8',
      dims,
      data: integers.weight,
      scales: integers.weightScale,
    }),
    addDequantized(editor, bias ?? `${weight}.bias`, {
      type: 'int32',
      dims: [filters],
      data: integers.bias,
      scales: integers.biasScale,
    }),
  ];
}
