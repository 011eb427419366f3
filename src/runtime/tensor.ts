import {
  countElements,
  type ElementArray,
  type ElementType,
  elementArrays,
  isElementType,
} from '../tensor/index.ts';

/** The element types that ONNX Runtime for Node takes and returns, except strings. */
export type RuntimeType = Exclude<ElementType, 'bfloat16'>;

/** The array classes that hold a tensor's elements. */
export type TypedArray = ElementArray<RuntimeType>;

/** A dense tensor: elements in row-major order. `data` must be the array type that belongs to `type`. */
export interface RuntimeTensor {
  readonly type: RuntimeType;
  readonly dims: readonly number[];
  readonly data: TypedArray;
}

/** True if `type` names one of the element types above. */
export const isRuntimeType = (type: string): type is RuntimeType =>
  isElementType(type) && type !== 'bfloat16';

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
  const elements = countElements(dims);
  if (elements !== data.length)
    throw new RangeError(
      `The shape [${dims}] of the tensor ${name} has ${elements} elements, but its data have ${data.length}.`,
    );
}
