import { TensorProto_DataType as Code } from './generated/onnx_pb.ts';

/** Any of the arrays that hold a tensor's numbers. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

interface Kind {
  readonly code: Code;
  /** What holds the numbers: float16 and bfloat16 as their bits in a Uint16Array, bool as one byte each. */
  readonly array: new (
    buffer: ArrayBuffer,
    byteOffset: number,
    length: number,
  ) => TypedArray;
  readonly bytes: number;
}

/** The element types of dense tensors of numbers. Strings, complex and sub-byte types are kept in files, not read. */
export type DataType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool';

const table: Readonly<Record<DataType, Kind>> = {
  float32: { code: Code.FLOAT, array: Float32Array, bytes: 4 },
  float64: { code: Code.DOUBLE, array: Float64Array, bytes: 8 },
  float16: { code: Code.FLOAT16, array: Uint16Array, bytes: 2 },
  bfloat16: { code: Code.BFLOAT16, array: Uint16Array, bytes: 2 },
  int8: { code: Code.INT8, array: Int8Array, bytes: 1 },
  int16: { code: Code.INT16, array: Int16Array, bytes: 2 },
  int32: { code: Code.INT32, array: Int32Array, bytes: 4 },
  int64: { code: Code.INT64, array: BigInt64Array, bytes: 8 },
  uint8: { code: Code.UINT8, array: Uint8Array, bytes: 1 },
  uint16: { code: Code.UINT16, array: Uint16Array, bytes: 2 },
  uint32: { code: Code.UINT32, array: Uint32Array, bytes: 4 },
  uint64: { code: Code.UINT64, array: BigUint64Array, bytes: 8 },
  bool: { code: Code.BOOL, array: Uint8Array, bytes: 1 },
};

const names = new Map<number, DataType>(
  Object.entries(table).map(([name, { code }]) => [code, name as DataType]),
);

/** The number that an ONNX file writes for a type. */
export const codeOf = (dataType: DataType): Code => table[dataType].code;

/** The type that a number in an ONNX file stands for, or undefined when its tensors are not read. */
export const dataTypeOf = (code: number): DataType | undefined => names.get(code);

/** Bytes of one element. */
export const bytesPerElement = (dataType: DataType): number => table[dataType].bytes;

/**
 * Little-endian bytes as an array of the type: a view where the bytes are aligned in memory, else a copy.
 * The caller has checked that the length is a whole number of elements.
 */
export function viewAs(dataType: DataType, bytes: Uint8Array): TypedArray {
  const { array, bytes: size } = table[dataType];
  const aligned =
    bytes.byteOffset % size === 0 && bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes);
  return new array(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / size);
}
