import type { GraphBuilder } from '../builder.ts';
import { fixedDim, type Value } from '../value.ts';
import { type Window, windowAttributes } from '../window.ts';

/** Settings of a 2-D convolution; the kernel's size is the weight's. */
export interface ConvOptions extends Omit<Window, 'kernel'> {
  /** How many groups the channels are split into; each is convolved by itself. Default 1. */
  readonly group?: number;
}

const kernelOf = ({ shape }: Value): readonly [number, number] => [Number(shape[2]), Number(shape[3])];

/** 2-D convolution of `[N,C,H,W]` with `weight[F,C/group,kh,kw]` and an optional `bias[F]`. */
export function conv(
  g: GraphBuilder,
  x: Value,
  weight: Value,
  options: ConvOptions = {},
  bias?: Value,
): Value {
  const window = windowAttributes({ ...options, kernel: kernelOf(weight) });
  const inputs = bias === undefined ? [x, weight] : [x, weight, bias];
  return g.apply('Conv', inputs, { ...window, group: options.group ?? 1 });
}

/** What each axis of a transposed convolution lacks of the map that the convolution came from. */
function missing(dy: Value, weight: Value, x: Value, options: Required<Omit<Window, 'kernel'>>): number[] {
  const { strides, pads, dilations } = options;
  return ([0, 1] as const).map((axis) => {
    const reach = dilations[axis] * (fixedDim(weight, axis + 2) - 1) + 1;
    const covered =
      strides[axis] * (fixedDim(dy, axis + 2) - 1) + reach - pads[axis] - pads[(axis + 2) as 2 | 3];
    return fixedDim(x, axis + 2) - covered;
  });
}

/** The transposed convolution that brings `dy`, of the output of a convolution of `x`, to the shape of `x`. */
export function convTranspose(
  g: GraphBuilder,
  dy: Value,
  weight: Value,
  x: Value,
  options: ConvOptions,
): Value {
  const { strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], group = 1 } = options;
  const window = { strides, pads, dilations };
  return g.apply('ConvTranspose', [dy, weight], {
    ...windowAttributes({ ...window, kernel: kernelOf(weight) }),
    output_padding: missing(dy, weight, x, window),
    group,
  });
}

/** The largest number in each window of `[N,C,H,W]`; padding never wins. */
export const maxPool = (g: GraphBuilder, x: Value, window: Window): Value =>
  g.apply('MaxPool', [x], windowAttributes(window));

/** The mean of each window of `[N,C,H,W]` (dilations must be 1); padding does not count. */
export function averagePool(g: GraphBuilder, x: Value, window: Omit<Window, 'dilations'>): Value {
  const { dilations: _, ...attributes } = windowAttributes(window);
  return g.apply('AveragePool', [x], attributes);
}

/** The mean over height and width: `[N,C,H,W]` to `[N,C,1,1]`. */
export const globalAveragePool = (g: GraphBuilder, x: Value): Value => g.apply('GlobalAveragePool', [x]);
