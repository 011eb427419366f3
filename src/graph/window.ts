import { type Attributes, demand, integers } from './operator.ts';
import { fixedDim, type Value } from './value.ts';

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

/** AveragePool has no dilations in this operator set. */
const listOf = (attributes: Attributes, name: string): readonly number[] =>
  name === 'dilations' && attributes[name] === undefined ? [1, 1] : integers(attributes, name);

/** The attributes that `windowAttributes` wrote (for a convolution, whose kernel is the weight's too) as a window. */
export function windowOf(attributes: Attributes): Required<Window> {
  const list = (name: string): readonly number[] => listOf(attributes, name);
  const pair = (name: string): [number, number] => [list(name)[0] ?? 1, list(name)[1] ?? 1];
  const [top = 0, left = 0, bottom = 0, right = 0] = list('pads');
  const pads = [top, left, bottom, right] as const;
  return { kernel: pair('kernel_shape'), strides: pair('strides'), pads, dilations: pair('dilations') };
}

/** One number of a list attribute. Throws a `RangeError` unless it is a whole one and at least `minimum`. */
function setting(attributes: Attributes, name: string, position: number, minimum: number): number {
  const values = listOf(attributes, name);
  const value = values[position] ?? Number.NaN;
  demand(
    Number.isSafeInteger(value) && value >= minimum,
    `${name} [${values}] must be whole numbers from ${minimum}`,
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
  demand(places >= 1, `a window of ${reach} does not fit ${size} with ${pads} of padding`);
  return places;
}

/**
 * How many places a window has along each axis behind the second:
 * `floor((size + pads - dilation * (kernel - 1) - 1) / stride) + 1` (ONNX operator specification, Conv). Throws a
 * `RangeError` when it has none or is no window.
 */
export const slidingSizes = (x: Value, attributes: Attributes): number[] =>
  x.shape.slice(2).map((_, axis) => slidingSize(x, axis, attributes));
