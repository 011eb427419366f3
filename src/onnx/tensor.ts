import { create } from '@bufbuild/protobuf';
import { SnapshelfError } from '../errors.ts';
import { shown } from '../json/index.ts';
import { bytesPerElement, countElements, elementArrays } from '../tensor/index.ts';
import { codeOf, type DataType, dataTypeOf, type TypedArray, viewAs } from './data-type.ts';
import { readExternalData } from './external-data.ts';
import { type TensorProto, TensorProto_DataLocation, TensorProtoSchema } from './generated/onnx_pb.ts';

const isShape = (dims: readonly number[]): boolean =>
  dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0);

/** Returns the number of elements of a shape; NaN, which equals no length, if it is not a shape. */
const elements = (dims: readonly number[]): number => (isShape(dims) ? countElements(dims) : Number.NaN);

/**
 * Makes a dense tensor for a model, in row-major order.
 *
 * @throws RangeError if `data` does not have the number of elements of `dims`
 * @example
 * ```ts
 * import { makeTensor } from 'snapshelf/onnx';
 *
 * const one = makeTensor('one', 'float32', [1], new Float32Array([1]));
 * ```
 */
export function makeTensor(
  name: string,
  dataType: DataType,
  dims: readonly number[],
  data: TypedArray,
): TensorProto {
  if (data.byteLength !== elements(dims) * bytesPerElement(dataType))
    throw new RangeError(
      `Tensor ${name} has ${data.length} numbers, which do not fill ${dataType}[${dims}].`,
    );
  const rawData = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return create(TensorProtoSchema, { name, dataType: codeOf(dataType), dims: dims.map(BigInt), rawData });
}

/**
 * Returns the shape of a tensor in a file.
 * @example
 * ```ts
 * import { dimsOf, makeTensor } from 'snapshelf/onnx';
 *
 * const dims = dimsOf(makeTensor('one', 'float32', [1, 2], new Float32Array(2))); // [1, 2]
 * ```
 */
export const dimsOf = (tensor: TensorProto): number[] => tensor.dims.map(Number);

/**
 * Returns the element type of a tensor in a file.
 *
 * @throws SnapshelfError `onnx-invalid` for types that are not dense numbers
 * @example
 * ```ts
 * import { makeTensor, tensorDataType } from 'snapshelf/onnx';
 *
 * const type = tensorDataType(makeTensor('one', 'float32', [1], new Float32Array([1]))); // 'float32'
 * ```
 */
export function tensorDataType(tensor: TensorProto): DataType {
  const dataType = dataTypeOf(tensor.dataType);
  if (dataType !== undefined) return dataType;
  throw new SnapshelfError(
    'onnx-invalid',
    `Tensor ${shown(tensor.name)} has element type ${tensor.dataType}, which is not supported.`,
  );
}

/** Returns the numbers that older writers put into typed fields instead of the raw bytes. */
function typedField(tensor: TensorProto, dataType: DataType): TypedArray {
  const { floatData, doubleData, int64Data, uint64Data, int32Data } = tensor;
  if (dataType === 'float32') return Float32Array.from(floatData);
  if (dataType === 'float64') return Float64Array.from(doubleData);
  if (dataType === 'int64') return BigInt64Array.from(int64Data);
  if (dataType === 'uint64') return BigUint64Array.from(uint64Data);
  const numbers = dataType === 'uint32' ? uint64Data.map(Number) : int32Data;
  const array = new elementArrays[dataType](numbers.length);
  array.set(numbers);
  return array;
}

function contentOf(tensor: TensorProto, dataType: DataType, baseDirectory: string | undefined): TypedArray {
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL)
    return viewAs(dataType, readExternalData(tensor, baseDirectory));
  if (tensor.rawData.byteLength === 0) return typedField(tensor, dataType);
  if (tensor.rawData.byteLength % bytesPerElement(dataType) !== 0)
    throw new SnapshelfError(
      'onnx-invalid',
      `The bytes of tensor ${shown(tensor.name)} are not a whole number of ${dataType}.`,
    );
  return viewAs(dataType, tensor.rawData);
}

/**
 * Returns the numbers of a tensor in row-major order; float16 and bfloat16 as bits. A view of the file's bytes if possible.
 *
 * @param baseDirectory - the folder of the model file, for external data
 * @throws SnapshelfError `onnx-invalid` if the content does not fit the shape
 * @example
 * ```ts
 * import { makeTensor, tensorData } from 'snapshelf/onnx';
 *
 * const numbers = tensorData(makeTensor('one', 'float32', [1], new Float32Array([1])));
 * ```
 */
export function tensorData(tensor: TensorProto, baseDirectory?: string): TypedArray {
  const dataType = tensorDataType(tensor);
  const data = contentOf(tensor, dataType, baseDirectory);
  if (data.length !== elements(dimsOf(tensor)))
    throw new SnapshelfError(
      'onnx-invalid',
      `Tensor ${shown(tensor.name)} has ${data.length} numbers, which do not fill [${dimsOf(tensor)}].`,
    );
  return data;
}
