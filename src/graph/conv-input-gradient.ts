import type { GraphBuilder } from './builder.ts';
import {
  conv,
  convTranspose,
  matMul,
  reshape,
  runsInBlocks,
  spreadDepthwise,
  transpose,
} from './functions/index.ts';
import { inputAt, type Use } from './operator.ts';
import { fixedDim, fixedShape, type Value } from './value.ts';
import { windowOf } from './window.ts';

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

/**
 * The padding with which a convolution of dy, `stride - 1` zeros after each number, comes to the size of x; undefined
 * where that takes less than none.
 */
function undone(
  x: Value,
  dy: Value,
  reach: readonly number[],
  strides: readonly number[],
  pads: readonly number[],
): [number, number, number, number] | undefined {
  const before = (axis: number): number => (reach[axis] ?? 0) - (pads[axis] ?? 0);
  const after = (axis: number): number => {
    const spread = fixedDim(dy, axis + 2) * (strides[axis] ?? 1);
    return fixedDim(x, axis + 2) + (reach[axis] ?? 0) - before(axis) - spread;
  };
  const around: [number, number, number, number] = [before(0), before(1), after(0), after(1)];
  return Math.min(...around) < 0 ? undefined : around;
}

/**
 * What the gradient of a convolution's output is for its input. At stride 1 a convolution again, which ONNX Runtime
 * does faster than the transposed convolution that all else takes.
 */
export function convInputGradient(g: GraphBuilder, { inputs, attributes }: Use, dy: Value): Value {
  const [x, weight] = [inputAt(inputs, 0), inputAt(inputs, 1)];
  const { kernel, strides, pads, dilations } = windowOf(attributes);
  const group = Number(attributes['group']);
  const depthwise = group > 1 && group === fixedDim(x, 1) && group === fixedDim(weight, 0);
  const reach = kernel.map((size, axis) => (dilations[axis] ?? 1) * (size - 1));
  const [top = 0, left = 0, bottom = 0, right = 0] = pads.map((pad, side) => (reach[side % 2] ?? 0) - pad);
  const plain = (group === 1 || depthwise) && strides.every((stride) => stride === 1);
  const strided =
    depthwise && runsInBlocks(g, x, weight, group) ? undone(x, dy, reach, strides, pads) : undefined;
  if (!plain && strided !== undefined) {
    const window = { kernel, pads: strided, dilations };
    return spreadDepthwise(g, dy, mirrored(g, weight, depthwise), strides, window);
  }
  if (!plain || Math.min(top, left, bottom, right) < 0)
    return convTranspose(g, dy, weight, x, { strides, pads, dilations, group });
  return conv(g, dy, mirrored(g, weight, depthwise), { pads: [top, left, bottom, right], dilations, group });
}
