interface ElementArrays {
  float32: Float32Array<ArrayBuffer>;
  float64: Float64Array<ArrayBuffer>;
  /** Bit patterns. */
  float16: Uint16Array<ArrayBuffer>;
  /** Bit patterns: the upper half of a float32. */
  bfloat16: Uint16Array<ArrayBuffer>;
  uint8: Uint8Array<ArrayBuffer>;
  int8: Int8Array<ArrayBuffer>;
  uint16: Uint16Array<ArrayBuffer>;
  int16: Int16Array<ArrayBuffer>;
  uint32: Uint32Array<ArrayBuffer>;
  int32: Int32Array<ArrayBuffer>;
  uint64: BigUint64Array<ArrayBuffer>;
  int64: BigInt64Array<ArrayBuffer>;
  /** One byte an element. */
  bool: Uint8Array<ArrayBuffer>;
}

/** The element types that weights come in. */
export type WeightType = keyof ElementArrays;

/** What holds a tensor's elements. */
export type WeightData = ElementArrays[WeightType];

/** A dense tensor: elements in row-major order, `data` of the array type that belongs to `dataType`. */
export interface WeightTensor {
  readonly dims: readonly number[];
  readonly dataType: WeightType;
  readonly data: WeightData;
}

/** Tensors by name, in the file's order. */
export type StateDict = ReadonlyMap<string, WeightTensor>;

/** The array class of each element type. Files are little-endian, and so is every machine that Node runs on. */
export const elementArrays: {
  readonly [T in WeightType]: {
    new (buffer: ArrayBuffer): ElementArrays[T];
    new (length: number): ElementArrays[T];
    readonly BYTES_PER_ELEMENT: number;
  };
} = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
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

/** PyTorch's own bound. */
const maxRank = 64;

/** Whether `value` is a list of whole numbers from 0 with a product that is one too: a shape. */
export const isShape = (value: unknown): value is readonly number[] =>
  Array.isArray(value) &&
  value.length <= maxRank &&
  value.every((dim) => Number.isSafeInteger(dim) && dim >= 0) &&
  Number.isSafeInteger(countElements(value));

/** The number of elements of a shape; 1 for a scalar's `[]`. */
export const countElements = (dims: readonly number[]): number =>
  dims.reduce((product, dim) => product * dim, 1);

/** The bytes as elements of `dataType`, copied so that they are aligned and keep nothing else alive. */
export const elementsOf = (dataType: WeightType, bytes: Uint8Array): WeightData =>
  new elementArrays[dataType](new Uint8Array(bytes).buffer);
