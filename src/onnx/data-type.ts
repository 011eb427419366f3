import { type ElementArray, type ElementType, elementArrays } from '../tensor/index.ts';
import { TensorProto_DataType as Code } from './generated/onnx_pb.ts';

/** The arrays that hold a tensor's numbers. float16 and bfloat16 are bits in a `Uint16Array`, bool is one byte each. */
export type TypedArray = ElementArray;

/** The element types of dense tensors of numbers. Strings, complex and sub-byte types are kept in files but not read. */
export type DataType = ElementType;

const codes: Readonly<Record<DataType, Code>> = {
  float32: Code.FLOAT,
  float64: Code.DOUBLE,
  float16: Code.FLOAT16,
  bfloat16: Code.BFLOAT16,
  int8: Code.INT8,
  int16: Code.INT16,
  int32: Code.INT32,
  int64: Code.INT64,
  uint8: Code.UINT8,
  uint16: Code.UINT16,
  uint32: Code.UINT32,
  uint64: Code.UINT64,
  bool: Code.BOOL,
};

const types = new Map<number, DataType>(
  Object.entries(codes).map(([type, code]) => [code, type as DataType]),
);

/**
 * Returns the number that an ONNX file writes for a type.
 * @example
 * ```ts
 * import { codeOf } from 'snapshelf/onnx';
 *
 * const code = codeOf('float32'); // 1
 * ```
 */
export const codeOf = (dataType: DataType): Code => codes[dataType];

/**
 * Returns the type of a number in an ONNX file; undefined if tensors of that type are not read.
 * @example
 * ```ts
 * import { dataTypeOf } from 'snapshelf/onnx';
 *
 * const type = dataTypeOf(1); // 'float32'
 * ```
 */
export const dataTypeOf = (code: number): DataType | undefined => types.get(code);

/**
 * Returns little-endian bytes as an array of the type: a view if the bytes are aligned in memory, otherwise a copy. The
 * length must be a whole number of elements.
 */
export function viewAs(dataType: DataType, bytes: Uint8Array): TypedArray {
  const array = elementArrays[dataType];
  const size = array.BYTES_PER_ELEMENT;
  const aligned =
    bytes.byteOffset % size === 0 && bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes);
  return new array(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / size);
}
