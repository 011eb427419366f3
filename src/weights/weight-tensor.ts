import { countElements, type ElementArray, type ElementType, elementArrays } from '../tensor/index.ts';

/** An array that holds a tensor's elements. */
export type WeightData = ElementArray<ElementType, ArrayBuffer>;

/** A dense tensor: elements in row-major order, `data` of the array class that belongs to `dataType`. */
export interface WeightTensor {
  readonly dims: readonly number[];
  readonly dataType: ElementType;
  readonly data: WeightData;
}

/** Tensors by name, in the file's order. */
export type StateDict = ReadonlyMap<string, WeightTensor>;

/** PyTorch's own bound. */
const maxRank = 64;

/** True if `value` is a shape: a list of whole numbers from 0 whose product is a safe integer. */
export const isShape = (value: unknown): value is readonly number[] =>
  Array.isArray(value) &&
  value.length <= maxRank &&
  value.every((dim) => Number.isSafeInteger(dim) && dim >= 0) &&
  Number.isSafeInteger(countElements(value));

/** Returns the bytes as elements of a type, copied so that they are aligned and keep no other memory alive. */
export const elementsOf = (dataType: ElementType, bytes: Uint8Array): WeightData =>
  new elementArrays[dataType](new Uint8Array(bytes).buffer);
