import type { GraphBuilder } from './builder.ts';
import { conv, convTranspose, slice, transpose } from './functions/index.ts';
import { inputAt, type Use } from './operator.ts';
import { fixedDim, type Value } from './value.ts';
import { windowOf } from './window.ts';

/** The weight of the convolution that undoes one of stride 1: mirrored, filters and channels exchanged. */
function mirrored(g: GraphBuilder, weight: Value, depthwise: boolean): Value {
  const exchanged = depthwise ? weight : transpose(g, weight, [1, 0, 2, 3]);
  const axes = [2, 3].filter((axis) => fixedDim(weight, axis) > 1);
  if (axes.length === 0) return exchanged;
  const backwards = { start: -1, end: Number.MIN_SAFE_INTEGER, step: -1 };
  return slice(
    g,
    exchanged,
    axes.map((axis) => ({ axis, ...backwards })),
  );
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
  if (!plain || Math.min(top, left, bottom, right) < 0)
    return convTranspose(g, dy, weight, x, { strides, pads, dilations, group });
  return conv(g, dy, mirrored(g, weight, depthwise), { pads: [top, left, bottom, right], dilations, group });
}
