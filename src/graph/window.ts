import { type Attributes, integers } from './operator.ts';

/** A window that slides over the last two axes, in ONNX's terms: sizes as [height, width]. */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly strides?: readonly [number, number];
  /** [top, left, bottom, right]: may be asymmetric, as TensorFlow's SAME is. */
  readonly pads?: readonly [number, number, number, number];
  readonly dilations?: readonly [number, number];
}

/** A window as the attributes that ONNX writes. */
export const windowAttributes = ({ kernel, strides, pads, dilations }: Window): Attributes => ({
  kernel_shape: kernel,
  strides: strides ?? [1, 1],
  pads: pads ?? [0, 0, 0, 0],
  dilations: dilations ?? [1, 1],
});

/**
 * How many places a window has along an axis: `floor((size + pads - dilation * (kernel - 1) - 1) / stride) + 1`
 * (ONNX operator specification, Conv). Throws a `RangeError` when it has none.
 */
export function slidingSize(opType: string, size: number, axis: 0 | 1, attributes: Attributes): number {
  const at = (name: string, position: number): number => integers(attributes, name)[position] ?? 0;
  const pads = at('pads', axis) + at('pads', axis + 2);
  const reach = at('dilations', axis) * (at('kernel_shape', axis) - 1) + 1;
  const places = Math.floor((size + pads - reach) / at('strides', axis)) + 1;
  if (places >= 1) return places;
  throw new RangeError(`${opType}: a window of ${reach} does not fit ${size} with ${pads} of padding`);
}
