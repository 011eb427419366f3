export {
  bytesPerElement,
  countElements,
  type ElementArray,
  type ElementType,
  elementArrays,
  isElementType,
} from './element-types.ts';
export { bfloat16ToFloat32, float16ToNumber, float32ToFloat16 } from './float16.ts';
export {
  type DoubleMatrix,
  type Matrix,
  NpyFile,
  parseNpy,
  readNpy,
  readNpyDoubles,
} from './npy.ts';
export { VectorFileWriter } from './vector-file-writer.ts';
