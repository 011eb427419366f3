import type { Call, Operator } from './call.ts';
import { at, forEachIndex, generate, positionOf, type Tensor64 } from './tensor.ts';

/** A window over the last two axes of `[N,C,H,W]`: [height, width], pads [top, left, bottom, right]. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
}

/** The attributes of a window; `kernel` where it is the shape of a weight. */
export function windowOf(call: Call, kernel?: readonly number[]): Window {
  const given = call.integers('kernel_shape') ?? kernel ?? [];
  if (given.length !== 2 || (kernel !== undefined && kernel.join() !== given.join()))
    throw new Error(`${call.node.opType}: kernel_shape [${given}] does not fit the weight's [${kernel}]`);
  const strides = call.integers('strides') ?? [1, 1];
  const pads = call.integers('pads') ?? [0, 0, 0, 0];
  return { kernel: given, strides, pads, dilations: call.integers('dilations') ?? [1, 1] };
}

/** How many places a window has along height (axis 0) or width (axis 1). */
export function placesOf({ kernel, strides, pads, dilations }: Window, size: number, axis: number): number {
  const reach = at(dilations, axis) * (at(kernel, axis) - 1) + 1;
  return Math.floor((size + at(pads, axis) + at(pads, axis + 2) - reach) / at(strides, axis)) + 1;
}

/** Where in the picture the tap `k` of a window at place `o` lies; outside when it is on padding. */
export const tapAt = (window: Window, axis: number, o: number, k: number): number =>
  o * at(window.strides, axis) + k * at(window.dilations, axis) - at(window.pads, axis);

/** Zero outside the height and width. */
function pixel(x: Tensor64, n: number, c: number, h: number, w: number): number {
  const [, , height = 0, width = 0] = x.dims;
  return h < 0 || h >= height || w < 0 || w >= width ? 0 : at(x.data, positionOf(x.dims, [n, c, h, w]));
}

/** `x[N,C,H,W]`, `weight[F,C/group,kh,kw]`, `bias[F]`. */
export const conv: Operator = (call) => {
  const [x, weight, bias] = [call.input(0), call.input(1), call.optional(2)];
  const [batch = 0, channels = 0, height = 0, width = 0] = x.dims;
  const [filters = 0, perGroup = 0, kh = 0, kw = 0] = weight.dims;
  const group = call.integer('group', 1);
  const window = windowOf(call, [kh, kw]);
  if (perGroup * group !== channels || filters % group !== 0)
    throw new Error(`Conv: ${channels} channels, weight [${weight.dims}], ${group} groups`);
  const dims = [batch, filters, placesOf(window, height, 0), placesOf(window, width, 1)];
  const y = generate(dims, ([n = 0, f = 0, oh = 0, ow = 0]) => {
    const firstChannel = Math.floor(f / (filters / group)) * perGroup;
    let sum = bias === undefined ? 0 : at(bias.data, f);
    forEachIndex([perGroup, kh, kw], ([c = 0, i = 0, j = 0]) => {
      const value = pixel(x, n, firstChannel + c, tapAt(window, 0, oh, i), tapAt(window, 1, ow, j));
      sum += value * pixel(weight, f, c, i, j);
    });
    return sum;
  });
  return [y];
};

/** How far the windows of a transposed convolution spread along an axis. */
function spreadOf(window: Window, further: readonly number[], size: number, axis: number): number {
  const reach = at(window.dilations, axis) * (at(window.kernel, axis) - 1) + 1;
  const pads = at(window.pads, axis) + at(window.pads, axis + 2);
  return at(window.strides, axis) * (size - 1) + at(further, axis) + reach - pads;
}

/** Adds to `y[N,F,H',W']` the weight, times each number of `x[N,C,H,W]`, at the window of that number's place. */
function spread(y: Tensor64, x: Tensor64, weight: Tensor64, window: Window, group: number): void {
  const [, , height = 0, width = 0] = y.dims;
  const [channels = 0, perGroup = 0, kh = 0, kw = 0] = weight.dims;
  forEachIndex(x.dims, ([n = 0, c = 0, h = 0, w = 0], from) => {
    const firstFilter = Math.floor(c / (channels / group)) * perGroup;
    forEachIndex([perGroup, kh, kw], ([m = 0, i = 0, j = 0]) => {
      const [oh, ow] = [tapAt(window, 0, h, i), tapAt(window, 1, w, j)];
      if (oh < 0 || oh >= height || ow < 0 || ow >= width) return;
      const to = positionOf(y.dims, [n, firstFilter + m, oh, ow]);
      y.data[to] = at(y.data, to) + at(x.data, from) * pixel(weight, c, m, i, j);
    });
  });
}

/** `x[N,C,H,W]`, `weight[C,F/group,kh,kw]`, `bias[F]`. */
export const convTranspose: Operator = (call) => {
  const [x, weight, bias] = [call.input(0), call.input(1), call.optional(2)];
  const [batch = 0, channels = 0, height = 0, width = 0] = x.dims;
  const [, perGroup = 0, kh = 0, kw = 0] = weight.dims;
  const group = call.integer('group', 1);
  const window = windowOf(call, [kh, kw]);
  const further = call.integers('output_padding') ?? [0, 0];
  if (at(weight.dims, 0) !== channels || channels % group !== 0)
    throw new Error(`ConvTranspose: ${channels} channels, weight [${weight.dims}], ${group} groups`);
  const sizes = [height, width].map((size, axis) => spreadOf(window, further, size, axis));
  const y = generate([batch, perGroup * group, ...sizes], ([, f = 0]) =>
    bias === undefined ? 0 : at(bias.data, f),
  );
  spread(y, x, weight, window, group);
  return [y];
};
