import { check, integers } from './checks.ts';
import type { Attributes } from './graph.ts';
import { fixedDim, type Value } from './value.ts';

/** A window that slides over the last two axes, in ONNX's terms: sizes as [height, width]. */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly strides?: readonly [number, number];
  /** [top, left, bottom, right]: may be asymmetric, as TensorFlow's SAME is. */
  readonly pads?: readonly [number, number, number, number];
  readonly dilations?: readonly [number, number];
}

/** Returns a window as ONNX attributes. */
export const windowAttributes = ({ kernel, strides, pads, dilations }: Window): Attributes => ({
  kernel_shape: kernel,
  strides: strides ?? [1, 1],
  pads: pads ?? [0, 0, 0, 0],
  dilations: dilations ?? [1, 1],
});

/** AveragePool has no dilations in this operator set. */
const listOf = (attributes: Attributes, name: string): readonly number[] =>
  name === 'dilations' && attributes[name] === undefined ? [1, 1] : integers(attributes, name);

/** Returns the window that `windowAttributes` wrote as attributes. */
export function windowOf(attributes: Attributes): Required<Window> {
  const list = (name: string): readonly number[] => listOf(attributes, name);
  const pair = (name: string): [number, number] => [list(name)[0] ?? 1, list(name)[1] ?? 1];
  const [top = 0, left = 0, bottom = 0, right = 0] = list('pads');
  const pads = [top, left, bottom, right] as const;
  return { kernel: pair('kernel_shape'), strides: pair('strides'), pads, dilations: pair('dilations') };
}

/** Returns one number of a list attribute, after checking that it is whole and at least `minimum`. */
function setting(attributes: Attributes, name: string, position: number, minimum: number): number {
  const values = listOf(attributes, name);
  const value = values[position] ?? Number.NaN;
  check(
    Number.isSafeInteger(value) && value >= minimum,
    `${name} must be whole numbers from ${minimum}, not [${values}].`,
  );
  return value;
}

function slidingSize(x: Value, axis: number, attributes: Attributes): number {
  const size = fixedDim(x, axis + 2);
  const pads =
    setting(attributes, 'pads', axis, 0) + setting(attributes, 'pads', axis + x.shape.length - 2, 0);
  const dilation = setting(attributes, 'dilations', axis, 1);
  const reach = dilation * (setting(attributes, 'kernel_shape', axis, 1) - 1) + 1;
  const places = Math.floor((size + pads - reach) / setting(attributes, 'strides', axis, 1)) + 1;
  check(places >= 1, `A window of ${reach} does not fit ${size} with ${pads} of padding.`);
  return places;
}

/**
 * Returns the number of places of a window along each axis after the second:
 * `floor((size + pads - dilation * (kernel - 1) - 1) / stride) + 1` (ONNX operator specification, Conv).
 *
 * @throws RangeError if an attribute is out of range or the window does not fit
 */
export const slidingSizes = (x: Value, attributes: Attributes): number[] =>
  x.shape.slice(2).map((_, axis) => slidingSize(x, axis, attributes));
