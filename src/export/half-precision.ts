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
import { countElements, float32ToFloat16 } from '../tensor/index.ts';

const isLarge = (tensor: TensorProto): boolean =>
  tensor.dims.length > 1 && tensorDataType(tensor) === 'float32' && countElements(dimsOf(tensor)) > 64;

/**
 * Returns the same graph with its large float32 constants stored as float16, each followed by a Cast to float32 that ONNX
 * Runtime computes once when it loads the file: half the bytes on disk, the same speed.
 */
export function storeWeightsAsHalf(graph: GraphProto): GraphProto {
  const casts = graph.initializer.filter(isLarge).map((tensor) => {
    const half = float32ToFloat16(tensorData(tensor) as Float32Array);
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
