/** The element types that ONNX Runtime for Node takes and returns, except strings. */
export type RuntimeType = keyof ElementArrays;

interface ElementArrays {
  float32: Float32Array;
  float64: Float64Array;
  /** Bit patterns. */
  float16: Uint16Array;
  uint8: Uint8Array;
  int8: Int8Array;
  uint16: Uint16Array;
  int16: Int16Array;
  uint32: Uint32Array;
  int32: Int32Array;
  uint64: BigUint64Array;
  int64: BigInt64Array;
  /** One byte per element: 0 or 1. */
  bool: Uint8Array;
}

/** The array classes that hold a tensor's elements. */
export type TypedArray = ElementArrays[RuntimeType];

/** A dense tensor: elements in row-major order. `data` must be the array type that belongs to `type`. */
export interface RuntimeTensor {
  readonly type: RuntimeType;
  readonly dims: readonly number[];
  readonly data: TypedArray;
}

const elementArrays: { readonly [T in RuntimeType]: new (length: number) => ElementArrays[T] } = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  bool: Uint8Array,
};

/** True if `type` names one of the element types above. */
export const isRuntimeType = (type: string): type is RuntimeType => Object.hasOwn(elementArrays, type);

/**
 * Checks that a tensor's parts belong together.
 * @throws TypeError for an unknown type or an array class that is not the type's.
 * @throws RangeError if `dims` are not whole numbers, or their product is not the number of elements.
 */
export function checkTensor(name: string, { type, dims, data }: RuntimeTensor): void {
  if (!isRuntimeType(type))
    throw new TypeError(`The tensor ${name} has the unknown element type ${String(type)}.`);
  if (!(data instanceof elementArrays[type]))
    throw new TypeError(`The ${type} elements of the tensor ${name} must be a ${elementArrays[type].name}.`);
  if (dims.some((dim) => !Number.isSafeInteger(dim) || dim < 0))
    throw new RangeError(`The shape [${dims}] of the tensor ${name} must be whole numbers.`);
  const elements = dims.reduce((product, dim) => product * dim, 1);
  if (elements !== data.length)
    throw new RangeError(
      `The shape [${dims}] of the tensor ${name} has ${elements} elements, but its data have ${data.length}.`,
    );
}
