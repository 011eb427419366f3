export { bytesPerElement } from '../tensor/index.ts';
export { codeOf, type DataType, dataTypeOf, type TypedArray } from './data-type.ts';
export { decodeModel } from './decode.ts';
export { encodeModel } from './encode.ts';
export type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from './generated/onnx_pb.ts';
export { GraphEditor } from './graph-editor.ts';
export { checkInference, type InferenceInputs } from './inference.ts';
export {
  type AttributeValue,
  type GraphOptions,
  makeGraph,
  makeModel,
  makeNode,
  makeValueInfo,
  type NodeOptions,
  setProperty,
} from './make.ts';
export { printModel, printValue } from './print.ts';
export { dimsOf, makeTensor, tensorData, tensorDataType } from './tensor.ts';
export { irVersion, opset } from './versions.ts';
