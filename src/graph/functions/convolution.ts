import { countElements } from '../../tensor/index.ts';
import { firstInputs } from '../checks.ts';
import type { Attributes, Graph } from '../graph.ts';
import { fixedDim, fixedShape, type Value } from '../value.ts';
import { slidingSizes, type Window, windowAttributes, windowOf } from '../window.ts';
import { depthwiseInBlocks, mapsByMapsInBlocks, mapsFitBlocks, runsInBlocks } from './blocked-convolution.ts';
import { reshape, slice, transpose } from './shape.ts';

/** Settings of a 2-D convolution; the kernel's size is the weight's. */
export interface ConvOptions extends Omit<Window, 'kernel'> {
  /** The number of groups that the channels are split into; each is convolved separately. Default 1. */
  readonly group?: number;
}

const kernelOf = ({ shape }: Value): readonly [number, number] => [Number(shape[2]), Number(shape[3])];

/** `[N,C,H,W]` as `[C,N,H,W]`, or back. As rows, because ONNX Runtime transposes them several times faster. */
export function swapBatch(g: Graph, x: Value): Value {
  const [first = 1, second = 1, height = 1, width = 1] = fixedShape(x);
  const swapped = transpose(g, reshape(g, x, [first, second, height * width]), [1, 0, 2]);
  return reshape(g, swapped, [second, first, height, width]);
}

/** `[A,B,H,W]` as one picture of depth B, `[1,A,B,H,W]`. */
export const secondAsDepth = (g: Graph, x: Value): Value => reshape(g, x, [1, ...fixedShape(x)]);

/** Returns a window as the attributes of a 3-D convolution of depth 1. */
export function deepAttributes(
  { kernel, strides, pads, dilations }: Required<Window>,
  group: number,
): Attributes {
  const [top, left, bottom, right] = pads;
  return {
    kernel_shape: [1, ...kernel],
    strides: [1, ...strides],
    pads: [0, top, left, 0, bottom, right],
    dilations: [1, ...dilations],
    group,
  };
}

/**
 * ONNX Runtime's CPU kernel multiplies the weight with the maps picture by picture. If the weight is larger than the
 * maps, reading it that often takes most of the time. Up to these many places per map, the pictures as depth are faster.
 */
const fewPlaces = { point: 64, window: 256 };
const largeWeight = 2 ** 18;

function runsBetterAsDepth(g: Graph, x: Value, weight: Value, attributes: Attributes): boolean {
  if (g.trainsOn !== 'cpu' || attributes['group'] !== 1) return false;
  const shape = fixedShape(weight);
  if (fixedDim(x, 0) === 1 || countElements(shape) < largeWeight) return false;
  const most = countElements(shape.slice(2)) === 1 ? fewPlaces.point : fewPlaces.window;
  return countElements(slidingSizes(x, attributes)) <= most;
}

/** The same convolution with the pictures of the batch as the depth of a single picture. */
function batchAsDepth(g: Graph, inputs: readonly Value[], attributes: Attributes): Value {
  const [x, weight] = firstInputs(inputs, 2);
  const bias = inputs.slice(2);
  const [filters = 1, channels = 1, height = 1, width = 1] = fixedShape(weight);
  const kernel = reshape(g, weight, [filters, channels, 1, height, width]);
  const y = g.apply(
    'Conv',
    [secondAsDepth(g, swapBatch(g, x)), kernel, ...bias],
    deepAttributes(windowOf(attributes), 1),
  );
  return swapBatch(g, reshape(g, y, fixedShape(y).slice(1)));
}

/** 2-D convolution of `[N,C,H,W]` with `weight[F,C/group,kh,kw]` and an optional `bias[F]`. */
export function conv(g: Graph, x: Value, weight: Value, options: ConvOptions = {}, bias?: Value): Value {
  const window = windowAttributes({ ...options, kernel: kernelOf(weight) });
  const inputs = bias === undefined ? [x, weight] : [x, weight, bias];
  const attributes = { ...window, group: options.group ?? 1 };
  if (runsInBlocks(g, x, weight, attributes.group))
    return g.applyAs('Conv', inputs, attributes, () => depthwiseInBlocks(g, inputs, attributes));
  return runsBetterAsDepth(g, x, weight, attributes)
    ? g.applyAs('Conv', inputs, attributes, () => batchAsDepth(g, inputs, attributes))
    : g.apply('Conv', inputs, attributes);
}

/** The convolution of every map of `x[N,C,H,W]` with the same map of `maps[N,C,h,w]`: `[1,N*C,..]`. */
export function mapsByMaps(g: Graph, x: Value, maps: Value, options: ConvOptions): Value {
  const [batch = 1, channels = 1, ...size] = fixedShape(x);
  const kernel = fixedShape(maps).slice(2);
  const group = batch * channels;
  if (mapsFitBlocks(g, x)) {
    const window = windowAttributes({ ...options, kernel: kernelOf(maps) });
    return mapsByMapsInBlocks(g, x, maps, { ...window, group });
  }
  const input = reshape(g, x, [1, group, ...size]);
  const weight = reshape(g, maps, [group, 1, ...kernel]);
  return conv(g, input, weight, { ...options, group });
}

/** Returns the rows and columns that a transposed convolution lacks of the map that the convolution came from. */
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
export function convTranspose(g: Graph, dy: Value, weight: Value, x: Value, options: ConvOptions): Value {
  const { strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], group = 1 } = options;
  const window = { strides, pads, dilations };
  const [top, left, bottom, right] = pads;
  if (g.trainsOn === 'cuda' && (top !== bottom || left !== right))
    return cutTranspose(g, dy, weight, x, options);
  return g.apply('ConvTranspose', [dy, weight], {
    ...windowAttributes({ ...window, kernel: kernelOf(weight) }),
    output_padding: missing(dy, weight, x, window),
    group,
  });
}

/**
 * The same without padding, cut to the map that it is to be: with a padding that differs from side to side ONNX Runtime
 * leaves the node to the CPU, even where all others run on CUDA.
 */
function cutTranspose(g: Graph, dy: Value, weight: Value, x: Value, options: ConvOptions): Value {
  const { strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], group = 1 } = options;
  const window = { strides, pads: [0, 0, 0, 0] as const, dilations };
  // The rows and columns that the unpadded map lacks after those that are cut off before.
  const lacks = missing(dy, weight, x, window).map((lack, axis) => lack + (pads[axis] ?? 0));
  const whole = g.apply('ConvTranspose', [dy, weight], {
    ...windowAttributes({ ...window, kernel: kernelOf(weight) }),
    output_padding: lacks.map((lack) => Math.max(0, lack)),
    group,
  });
  const cuts = ([0, 1] as const).map((axis) => {
    const start = pads[axis];
    return { axis: axis + 2, start, end: start + fixedDim(x, axis + 2) };
  });
  return slice(g, whole, cuts);
}

/** The largest number in each window of `[N,C,H,W]`; padding never wins. */
export const maxPool = (g: Graph, x: Value, window: Window): Value =>
  g.apply('MaxPool', [x], windowAttributes(window));

/** The mean of each window of `[N,C,H,W]` (dilations must be 1); padding does not count. */
export function averagePool(g: Graph, x: Value, window: Omit<Window, 'dilations'>): Value {
  const { dilations: _, ...attributes } = windowAttributes(window);
  return g.apply('AveragePool', [x], attributes);
}

/** The mean over height and width: `[N,C,H,W]` to `[N,C,1,1]`. */
export const globalAveragePool = (g: Graph, x: Value): Value => g.apply('GlobalAveragePool', [x]);
