import { type DataType, dimsOf, type NodeProto, tensorData } from '../../onnx/index.ts';
import type { Parts } from './parts.ts';
import { quantizeWeights } from './scales.ts';

interface Integers {
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly data: Int8Array | Int32Array;
  /** One a filter. */
  readonly scales: Float32Array;
}

/** Integers as float32, by a scale for each filter. */
function dequantized(parts: Parts, name: string, { type, dims, data, scales }: Integers): string {
  const filters = scales.length;
  const inputs = [
    parts.constant(`${name}.quantized`, type, dims, data),
    parts.constant(`${name}.scale`, 'float32', [filters], scales),
    parts.constant(`${name}.zero_point`, type, [filters], data.slice(0, filters).fill(0)),
  ];
  return parts.add('DequantizeLinear', inputs, `${name}.dequantized`, { axis: 0 });
}

/**
 * Adds the weights and biases of a convolution as integers, behind nodes that make float32 of them.
 * @returns the names of what those nodes give
 */
export function integerParameters(
  parts: Parts,
  { input: [, weight = '', bias] }: NodeProto,
  inputScale: number,
): string[] {
  const tensor = parts.constantOf(weight);
  const dims = dimsOf(tensor);
  const [filters = 0, perGroup] = dims;
  const biases = bias === undefined ? new Float32Array(filters) : tensorData(parts.constantOf(bias));
  const weights = tensorData(tensor) as Float32Array;
  const integers = quantizeWeights(weights, biases as Float32Array, inputScale, perGroup === 1);
  return [
    dequantized(parts, weight, { type: 'int8', dims, data: integers.weight, scales: integers.weightScale }),
    dequantized(parts, bias ?? `${weight}.bias`, {
      type: 'int32',
      dims: [filters],
      data: integers.bias,
      scales: integers.biasScale,
    }),
  ];
}
