import {
  codeOf,
  dimsOf,
  GraphEditor,
  type GraphProto,
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
  const editor = new GraphEditor(graph);
  for (const tensor of graph.initializer.filter(isLarge)) {
    const half = float32ToFloat16(tensorData(tensor) as Float32Array);
    const name = editor.setConstant(`${tensor.name}.float16`, 'float16', dimsOf(tensor), half);
    editor.add('Cast', [name], tensor.name, { to: codeOf('float32') });
  }
  editor.nodes.push(...graph.node);
  return editor.finish();
}
