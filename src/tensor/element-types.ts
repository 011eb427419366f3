/** The array of each element type. */
export interface ElementArrays<B extends ArrayBufferLike> {
  float32: Float32Array<B>;
  float64: Float64Array<B>;
  /** Bit patterns (IEEE 754 binary16). */
  float16: Uint16Array<B>;
  /** Bit patterns: the upper half of a float32. */
  bfloat16: Uint16Array<B>;
  int8: Int8Array<B>;
  int16: Int16Array<B>;
  int32: Int32Array<B>;
  int64: BigInt64Array<B>;
  uint8: Uint8Array<B>;
  uint16: Uint16Array<B>;
  uint32: Uint32Array<B>;
  uint64: BigUint64Array<B>;
  /** One byte per element: 0 or 1. */
  bool: Uint8Array<B>;
}

/** The element types of dense tensors of numbers. */
export type ElementType = keyof ElementArrays<ArrayBufferLike>;

/** An array that holds a tensor's elements. */
export type ElementArray<
  T extends ElementType = ElementType,
  B extends ArrayBufferLike = ArrayBufferLike,
> = ElementArrays<B>[T];

interface ElementArrayClass<T extends ElementType> {
  new (length: number): ElementArrays<ArrayBuffer>[T];
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): ElementArrays<ArrayBuffer>[T];
  readonly BYTES_PER_ELEMENT: number;
  readonly name: string;
}

/** The array class of each element type. Files are little-endian, and so is every machine that Node runs on. */
export const elementArrays: { readonly [T in ElementType]: ElementArrayClass<T> } = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** True if `type` names an element type. */
export const isElementType = (type: unknown): type is ElementType =>
  typeof type === 'string' && Object.hasOwn(elementArrays, type);

/**
 * The size of one element, in bytes.
 * @example
 * ```ts
 * import { bytesPerElement } from 'snapshelf/onnx';
 *
 * const bytes = 100 * bytesPerElement('float32'); // 400
 * ```
 */
export const bytesPerElement = (type: ElementType): number => elementArrays[type].BYTES_PER_ELEMENT;

/** The number of elements of a shape; 1 for a scalar's `[]`. */
export const countElements = (dims: readonly number[]): number =>
  dims.reduce((product, dim) => product * dim, 1);
