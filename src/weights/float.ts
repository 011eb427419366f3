import type { WeightTensor } from './tensor.ts';

/** The number that 16 bits of IEEE 754 binary16 stand for. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16 is float32 without its lower half. */
const bfloat16ToFloat32 = (bits: Uint16Array): Float32Array<ArrayBuffer> =>
  new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer);

/**
 * A floating-point tensor's elements as float32: float16 and bfloat16 exactly, float64 rounded to nearest.
 * @returns undefined for integers and booleans, which no parameter of a network is.
 */
export function toFloat32({ dataType, data }: WeightTensor): Float32Array<ArrayBuffer> | undefined {
  if (data instanceof Float32Array) return data;
  if (data instanceof Float64Array) return Float32Array.from(data);
  if (!(data instanceof Uint16Array)) return undefined;
  if (dataType === 'float16') return Float32Array.from(data, halfToNumber);
  return dataType === 'bfloat16' ? bfloat16ToFloat32(data) : undefined;
}
