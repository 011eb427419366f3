export { bytesPerElement, codeOf, type DataType, dataTypeOf, type TypedArray } from './data-type.ts';
export { decodeModel, readModelProperties } from './decode.ts';
export {
  type AttributeValue,
  encodeModel,
  type GraphOptions,
  makeGraph,
  makeModel,
  makeNode,
  makeValueInfo,
  type NodeOptions,
  setProperty,
} from './encode.ts';
export type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from './generated/onnx_pb.ts';
export { printModel, printValue } from './print.ts';
export { dimsOf, makeTensor, tensorData, tensorDataType } from './tensor.ts';
