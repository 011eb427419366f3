import {
  codeOf,
  dimsOf,
  type GraphProto,
  makeNode,
  makeTensor,
  type TensorProto,
  tensorData,
  tensorDataType,
} from '../onnx/index.ts';

/** The bits of the float16 nearest to each number, ties to even (IEEE 754 binary16); beyond its range, infinity. */
export function toHalf(values: Float32Array): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(values.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < halves.length; i += 1) halves[i] = halfBits(bits[i] ?? 0);
  return halves;
}

/** From the bits of a float32: integers only, as this runs for every weight. */
function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477f_f000) return sign | 0x7c00; // 65,520 and more
  if (magnitude < 0x3880_0000) return sign | subnormal(magnitude); // below 2^-14
  // The exponent's bias goes from 127 to 15; a fraction that rounds up carries into the exponent by itself.
  return sign | roundShift(magnitude - 0x3800_0000, 13);
}

/** As a multiple of 2^-24. */
function subnormal(magnitude: number): number {
  const shift = 126 - (magnitude >>> 23);
  return shift > 24 ? 0 : roundShift((magnitude & 0x7f_ffff) | 0x80_0000, shift);
}

/** `value / 2^shift` to the nearest integer, ties to even. */
function roundShift(value: number, shift: number): number {
  const down = value >>> shift;
  const rest = value - down * 2 ** shift;
  const tie = 2 ** (shift - 1);
  return rest > tie || (rest === tie && down % 2 === 1) ? down + 1 : down;
}

const isLarge = (tensor: TensorProto): boolean =>
  tensor.dims.length > 1 &&
  tensorDataType(tensor) === 'float32' &&
  dimsOf(tensor).reduce((product, dim) => product * dim, 1) > 64;

/**
 * The same graph with its large float32 constants stored as float16, each behind a Cast to float32 that ONNX Runtime
 * computes once when it loads the file: half the bytes on disk, the same speed.
 */
export function storeWeightsAsHalf(graph: GraphProto): GraphProto {
  const casts = graph.initializer.filter(isLarge).map((tensor) => {
    const half = toHalf(tensorData(tensor) as Float32Array);
    const name = `${tensor.name}.float16`;
    return {
      tensor: makeTensor(name, 'float16', dimsOf(tensor), half),
      node: makeNode({
        name,
        opType: 'Cast',
        inputs: [name],
        outputs: [tensor.name],
        attributes: { to: codeOf('float32') },
      }),
    };
  });
  return {
    ...graph,
    node: [...casts.map(({ node }) => node), ...graph.node],
    initializer: [
      ...casts.map(({ tensor }) => tensor),
      ...graph.initializer.filter((tensor) => !isLarge(tensor)),
    ],
  };
}
