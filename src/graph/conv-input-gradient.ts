import type { GraphBuilder } from './builder.ts';
import {
  conv,
  convTranspose,
  matMul,
  reshape,
  runsInBlocks,
  slice,
  spreadDepthwise,
  transpose,
} from './functions/index.ts';
import { inputAt, type Use } from './operator.ts';
import { fixedDim, fixedShape, sizeOf, type Value } from './value.ts';
import { type Window, windowOf } from './window.ts';

/**
 * The weight of the convolution that undoes one of stride 1: mirrored, filters and channels exchanged. Mirrored by a
 * product with a permutation, for which ONNX Runtime takes a tenth of the time that a slice of step -1 takes.
 */
function mirrored(g: GraphBuilder, weight: Value, depthwise: boolean): Value {
  const [filters = 1, channels = 1, height = 1, width = 1] = fixedShape(weight);
  const taps = height * width;
  const rows = reshape(g, weight, [filters, channels, taps]);
  const exchanged = depthwise ? rows : transpose(g, rows, [1, 0, 2]);
  const shape = depthwise ? [filters, channels] : [channels, filters];
  if (taps === 1) return reshape(g, exchanged, [...shape, height, width]);
  const backwards = new Float32Array(taps * taps);
  for (let tap = 0; tap < taps; tap += 1) backwards[tap * taps + taps - 1 - tap] = 1;
  const order = g.constant('backwards', 'float32', [taps, taps], backwards);
  return reshape(g, matMul(g, reshape(g, exchanged, [filters * channels, taps]), order), [
    ...shape,
    height,
    width,
  ]);
}

/** How far the kernel reaches beyond its first tap, down and right. */
const reachOf = ({ kernel, dilations }: Pick<Required<Window>, 'kernel' | 'dilations'>): number[] =>
  kernel.map((size, axis) => (dilations[axis] ?? 1) * (size - 1));

/**
 * The padding with which a convolution of dy, `stride - 1` zeros after each number, comes to the size of x; undefined
 * where that takes less than none.
 */
function padsUndone(x: Value, dy: Value, window: Required<Window>): Window['pads'] {
  const { strides, pads } = window;
  const [down = 0, right = 0] = reachOf(window);
  const [top, left] = [down - pads[0], right - pads[1]];
  const bottom = fixedDim(x, 2) + down - top - fixedDim(dy, 2) * strides[0];
  const after = fixedDim(x, 3) + right - left - fixedDim(dy, 3) * strides[1];
  return Math.min(top, left, bottom, after) < 0 ? undefined : [top, left, bottom, after];
}

/** Up to this many numbers in a map of dy, a transposed convolution by single numbers takes longer than what follows. */
const smallMap = 64;

/**
 * `x[N,C,h,w]` with `stride - 1` zeros after each number, cut to `[N,C,height,width]`. A product puts the numbers apart
 * and the empty rows after them.
 */
function spread(
  g: GraphBuilder,
  x: Value,
  [down, right]: readonly [number, number],
  [height, width]: readonly [number, number],
): Value {
  const [batch = 1, channels = 1, rows = 1, columns = 1] = fixedShape(x);
  const apart = new Float32Array(columns * down * width);
  for (let at = 0; at < columns; at += 1) apart[at * down * width + at * right] = 1;
  const places = g.constant('places', 'float32', [columns, down * width], apart);
  const wide = matMul(g, reshape(g, x, [batch * channels * rows, columns]), places);
  return slice(g, reshape(g, wide, [batch, channels, rows * down, width]), [
    { axis: 2, start: 0, end: height },
  ]);
}

/** The ways to undo a stride that take less than a transposed convolution; undefined where there is none. */
function undoneStride(g: GraphBuilder, { inputs, attributes }: Use, dy: Value): Value | undefined {
  const [x, weight] = [inputAt(inputs, 0), inputAt(inputs, 1)];
  const { kernel, strides, pads, dilations } = windowOf(attributes);
  const group = Number(attributes['group']);
  if (runsInBlocks(g, x, weight, group)) {
    const around = padsUndone(x, dy, windowOf(attributes));
    const window = around && { kernel, pads: around, dilations };
    return window && spreadDepthwise(g, dy, mirrored(g, weight, true), strides, window);
  }
  const single = group === 1 && sizeOf(kernel) === 1 && pads.every((pad) => pad === 0);
  if (!single || !g.trainsOnCpu || fixedDim(dy, 2) * fixedDim(dy, 3) > smallMap) return undefined;
  return spread(g, conv(g, dy, mirrored(g, weight, false)), strides, [fixedDim(x, 2), fixedDim(x, 3)]);
}

/**
 * What the gradient of a convolution's output is for its input. At stride 1 a convolution again, which ONNX Runtime
 * does faster than the transposed convolution that all else takes.
 */
export function convInputGradient(g: GraphBuilder, use: Use, dy: Value): Value {
  const [x, weight] = [inputAt(use.inputs, 0), inputAt(use.inputs, 1)];
  const { strides, pads, dilations, ...window } = windowOf(use.attributes);
  const group = Number(use.attributes['group']);
  const depthwise = group > 1 && group === fixedDim(x, 1) && group === fixedDim(weight, 0);
  const reach = reachOf({ ...window, dilations });
  const [top = 0, left = 0, bottom = 0, right = 0] = pads.map((pad, side) => (reach[side % 2] ?? 0) - pad);
  const plain = (group === 1 || depthwise) && strides.every((stride) => stride === 1);
  if (plain && Math.min(top, left, bottom, right) >= 0)
    return conv(g, dy, mirrored(g, weight, depthwise), {
      pads: [top, left, bottom, right],
      dilations,
      group,
    });
  const undone = plain ? undefined : undoneStride(g, use, dy);
  return undone ?? convTranspose(g, dy, weight, x, { strides, pads, dilations, group });
}
