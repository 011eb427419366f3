import { create } from '@bufbuild/protobuf';
import { SnapshelfError } from '../errors.ts';
import { bytesPerElement, countElements } from '../tensor/index.ts';
import { codeOf, type DataType, dataTypeOf, type TypedArray, viewAs } from './data-type.ts';
import { readExternalData } from './external-data.ts';
import { type TensorProto, TensorProto_DataLocation, TensorProtoSchema } from './generated/onnx_pb.ts';

const isShape = (dims: readonly number[]): boolean =>
  dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0);

/** How many numbers a shape holds; NaN, which equals no length, for what is no shape. */
const elements = (dims: readonly number[]): number => (isShape(dims) ? countElements(dims) : Number.NaN);

/**
 * A dense tensor for a model: `dims` in row-major order.
 * Throws a `RangeError` when `data` does not have as many elements as `dims` says.
 */
export function makeTensor(
  name: string,
  dataType: DataType,
  dims: readonly number[],
  data: TypedArray,
): TensorProto {
  if (data.byteLength !== elements(dims) * bytesPerElement(dataType))
    throw new RangeError(`tensor ${name}: ${data.length} numbers do not fill ${dataType}[${dims}]`);
  const rawData = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return create(TensorProtoSchema, { name, dataType: codeOf(dataType), dims: dims.map(BigInt), rawData });
}

/** The shape of a tensor in a file. */
export const dimsOf = (tensor: TensorProto): number[] => tensor.dims.map(Number);

/** The element type of a tensor in a file; throws `onnx-invalid` for types that are not dense numbers. */
export function tensorDataType(tensor: TensorProto): DataType {
  const dataType = dataTypeOf(tensor.dataType);
  if (dataType !== undefined) return dataType;
  throw new SnapshelfError(
    'onnx-invalid',
    `tensor ${tensor.name} has element type ${tensor.dataType}, which is not read`,
  );
}

/** Numbers that older writers put into typed fields instead of the raw bytes. */
function typedField(tensor: TensorProto, dataType: DataType): TypedArray {
  const { int32Data } = tensor;
  switch (dataType) {
    case 'float32':
      return Float32Array.from(tensor.floatData);
    case 'float64':
      return Float64Array.from(tensor.doubleData);
    case 'int64':
      return BigInt64Array.from(tensor.int64Data);
    case 'uint64':
      return BigUint64Array.from(tensor.uint64Data);
    case 'uint32':
      return Uint32Array.from(tensor.uint64Data, Number);
    case 'int32':
      return Int32Array.from(int32Data);
    case 'int16':
      return Int16Array.from(int32Data);
    case 'int8':
      return Int8Array.from(int32Data);
    case 'uint8':
    case 'bool':
      return Uint8Array.from(int32Data);
    case 'uint16':
    case 'float16':
    case 'bfloat16':
      return Uint16Array.from(int32Data);
  }
}

function contentOf(tensor: TensorProto, dataType: DataType, baseDirectory: string | undefined): TypedArray {
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL)
    return viewAs(dataType, readExternalData(tensor, baseDirectory));
  if (tensor.rawData.byteLength === 0) return typedField(tensor, dataType);
  if (tensor.rawData.byteLength % bytesPerElement(dataType) !== 0)
    throw new SnapshelfError(
      'onnx-invalid',
      `tensor ${tensor.name}: its bytes are no whole number of ${dataType}`,
    );
  return viewAs(dataType, tensor.rawData);
}

/**
 * The numbers of a tensor, row-major; float16 and bfloat16 as bits. A view of the file's bytes where possible.
 * `baseDirectory` is where external data lies: the folder of the model file.
 * Throws `onnx-invalid` when the content does not fit the shape.
 */
export function tensorData(tensor: TensorProto, baseDirectory?: string): TypedArray {
  const dataType = tensorDataType(tensor);
  const data = contentOf(tensor, dataType, baseDirectory);
  if (data.length !== elements(dimsOf(tensor)))
    throw new SnapshelfError(
      'onnx-invalid',
      `tensor ${tensor.name}: ${data.length} numbers do not fill [${dimsOf(tensor)}]`,
    );
  return data;
}
