/** Returns the number that 16 bits stand for (IEEE 754 binary16). */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Converts bits of bfloat16, which is float32 without its lower half. */
export const bfloat16ToFloat32 = (bits: Uint16Array): Float32Array<ArrayBuffer> =>
  new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer);

/** Returns the bits of the float16 nearest to each number, ties to even; beyond its range, infinity. */
export function float32ToFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(values.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < halves.length; i += 1) halves[i] = float16Bits(bits[i] ?? 0);
  return halves;
}

/** Converts the bits of a float32 with integers only, as this runs for every weight. */
function float16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477f_f000) return sign | 0x7c00; // 65,520 and more
  if (magnitude < 0x3880_0000) return sign | subnormal(magnitude); // below 2^-14
  // The exponent's bias goes from 127 to 15; a fraction that rounds up carries into the exponent by itself.
  return sign | roundShift(magnitude - 0x3800_0000, 13);
}

/** Returns the multiple of 2^-24. */
function subnormal(magnitude: number): number {
  const shift = 126 - (magnitude >>> 23);
  return shift > 24 ? 0 : roundShift((magnitude & 0x7f_ffff) | 0x80_0000, shift);
}

/** Returns `value / 2^shift` rounded to the nearest integer, ties to even. */
function roundShift(value: number, shift: number): number {
  const down = value >>> shift;
  const rest = value - down * 2 ** shift;
  const tie = 2 ** (shift - 1);
  return rest > tie || (rest === tie && down % 2 === 1) ? down + 1 : down;
}
