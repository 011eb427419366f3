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

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The bits of the float16 nearest to a number, ties to even (IEEE 754 binary16); beyond its range, infinity. */
export function toHalf(value: number): number {
  float[0] = value;
  const whole = bits[0] ?? 0;
  const sign = (whole >>> 16) & 0x8000;
  const magnitude = Math.abs(float[0] ?? 0);
  if (Number.isNaN(magnitude)) return sign | 0x7e00;
  if (magnitude >= 65_520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundToEven(magnitude * 2 ** 24);
  const exponent = Math.floor(Math.log2(magnitude));
  // A mantissa that rounds up to 2048 carries into the exponent by itself.
  return sign | (((exponent + 15) << 10) + roundToEven((magnitude / 2 ** exponent - 1) * 1024));
}

function roundToEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}

const isLarge = (tensor: TensorProto): boolean =>
  tensor.dims.length > 1 && tensorDataType(tensor) === 'float32' && tensorData(tensor).length > 64;

/**
 * The same graph with its large float32 constants stored as float16, each behind a Cast to float32 that ONNX Runtime
 * computes once when it loads the file: half the bytes on disk, the same speed.
 */
export function storeWeightsAsHalf(graph: GraphProto): GraphProto {
  const casts = graph.initializer.filter(isLarge).map((tensor) => {
    const half = Uint16Array.from(tensorData(tensor) as Float32Array, toHalf);
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
