import { check, firstInputs } from '../checks.ts';
import type { Attributes, Graph } from '../graph.ts';
import { fixedDim, fixedShape, type Value } from '../value.ts';
import { type Window, windowAttributes } from '../window.ts';
import { pad, reshape, transpose } from './shape.ts';

/** The blocks of values that were laid out before: a value and its gradient are each read by two convolutions. */
const laidOut = new WeakMap<Value, Value>();

function toBlocks(g: Graph, x: Value): Value {
  const known = laidOut.get(x);
  if (known !== undefined) return known;
  const blocks = g.apply('ReorderInput', [x]);
  laidOut.set(x, blocks);
  return blocks;
}

const fromBlocks = (g: Graph, x: Value): Value => g.apply('ReorderOutput', [x], { channels: fixedDim(x, 1) });

/** Returns the number of channels in a block, after checking that the graph may use blocks. */
function blockOf(g: Graph): number {
  check(g.channelBlock !== undefined, 'The graph may not use blocks of channels.');
  return g.channelBlock;
}

/** True if the graph may use blocks and the channels of `x[N,C,H,W]` fill whole blocks. */
export const mapsFitBlocks = (g: Graph, x: Value): boolean =>
  g.channelBlock !== undefined && x.dataType === 'float32' && fixedDim(x, 1) % g.channelBlock === 0;

/** True if a convolution is depthwise and computed in blocks. */
export function runsInBlocks(g: Graph, x: Value, weight: Value, group: number): boolean {
  if (!mapsFitBlocks(g, x)) return false;
  const [filters, depth, ...kernel] = fixedShape(weight);
  const depthwise = depth === 1 && filters === group && fixedDim(x, 1) === group;
  return depthwise && kernel.some((size) => size > 1);
}

/** `weight[C,1,kh,kw]` in the order that the kernel reads: `[C/B,kh,kw,B]`. */
function weightInBlocks(g: Graph, weight: Value): Value {
  const [channels = 1, , height = 1, width = 1] = fixedShape(weight);
  const block = blockOf(g);
  const rows = reshape(g, weight, [channels / block, block, height * width]);
  return reshape(g, transpose(g, rows, [0, 2, 1]), fixedShape(weight));
}

/** The depthwise convolution of `x[N,C,H,W]` with `weight[C,1,kh,kw]` and an optional bias. */
export function depthwiseInBlocks(g: Graph, inputs: readonly Value[], attributes: Attributes): Value {
  const [x, weight] = firstInputs(inputs, 2);
  const bias = inputs.slice(2);
  const y = g.apply('BlockedConv', [toBlocks(g, x), weightInBlocks(g, weight), ...bias], attributes);
  return fromBlocks(g, y);
}

/**
 * The convolution of every channel of every picture of `x[N,C,H,W]` with the same channel of `maps[N,C,h,w]`:
 * `[1,N*C,..]`. In blocks, maps have the memory layout of a weight.
 */
export function mapsByMapsInBlocks(g: Graph, x: Value, maps: Value, attributes: Attributes): Value {
  const [batch = 1, channels = 1, ...size] = fixedShape(x);
  const group = batch * channels;
  // The same memory, seen as one picture's.
  const weight = reshape(g, toBlocks(g, maps), [group, 1, ...fixedShape(maps).slice(2)]);
  const input = reshape(g, toBlocks(g, x), [1, group, ...size]);
  return fromBlocks(g, g.apply('BlockedConv', [input, weight], attributes));
}

/**
 * The depthwise convolution by `weight[C,1,kh,kw]` of `x[N,C,H,W]` with `stride - 1` zeros after each element,
 * `[N,C,sh*H,sw*W]`: the gradient of a convolution with a stride. Only where `runsInBlocks`.
 */
export function spreadDepthwise(
  g: Graph,
  x: Value,
  weight: Value,
  [down, right]: readonly [number, number],
  window: Window,
): Value {
  const [batch = 1, channels = 1, height = 1, width = 1] = fixedShape(x);
  const block = blockOf(g);
  const apart = reshape(g, toBlocks(g, x), [(batch * channels) / block, height, 1, width, block]);
  const spread = pad(g, apart, [
    { axis: 2, before: 0, after: down - 1 },
    { axis: 4, before: 0, after: (right - 1) * block },
  ]);
  const wide = reshape(g, spread, [batch, channels, height * down, width * right]);
  const attributes = { ...windowAttributes(window), group: channels };
  return fromBlocks(g, g.apply('BlockedConv', [wide, weightInBlocks(g, weight)], attributes));
}
