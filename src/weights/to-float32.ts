import { bfloat16ToFloat32, float16ToNumber } from '../tensor/index.ts';
import type { WeightTensor } from './weight-tensor.ts';

/**
 * Returns a floating-point tensor's elements as float32: float16 and bfloat16 exactly, float64 rounded to nearest.
 * Returns undefined for integers and booleans, which no parameter of a network is.
 */
export function toFloat32({ dataType, data }: WeightTensor): Float32Array<ArrayBuffer> | undefined {
  if (data instanceof Float32Array) return data;
  if (data instanceof Float64Array) return Float32Array.from(data);
  if (!(data instanceof Uint16Array)) return undefined;
  if (dataType === 'float16') return Float32Array.from(data, float16ToNumber);
  return dataType === 'bfloat16' ? bfloat16ToFloat32(data) : undefined;
}
