import type { GraphBuilder } from './builder.ts';
import {
  concat,
  conv,
  gemm,
  matMul,
  pad,
  reduceSum,
  reshape,
  slice,
  swapLast,
  transpose,
} from './functions/index.ts';
import { inputAt, type Use } from './operator.ts';
import { fixedDim, fixedShape, type Value } from './value.ts';
import { type Window, windowOf } from './window.ts';

/**
 * The gradient of a convolution's weight, `[F,C/group,kh,kw]`. There are several ways to say the same sum, and which
 * one ONNX Runtime does fastest depends on the shape; `benchmark/training.ts` measures the whole.
 */
export function convWeightGradient(g: GraphBuilder, use: Use, dy: Value): Value {
  const [x, weight] = [inputAt(use.inputs, 0), inputAt(use.inputs, 1)];
  const group = Number(use.attributes['group']);
  const window = windowOf(use.attributes);
  if (group > 1 && group === fixedDim(x, 1) && group === fixedDim(weight, 0))
    return depthwise(g, x, dy, window);
  if (group === 1) return ofGroup(g, x, dy, window);
  const parts = Array.from({ length: group }, (_, at) =>
    ofGroup(g, channelsOf(g, x, at, group), channelsOf(g, dy, at, group), window),
  );
  return concat(g, parts, 0);
}

function channelsOf(g: GraphBuilder, x: Value, at: number, group: number): Value {
  const size = fixedDim(x, 1) / group;
  return slice(g, x, [{ axis: 1, start: at * size, end: (at + 1) * size }]);
}

function ofGroup(g: GraphBuilder, x: Value, dy: Value, window: Required<Window>): Value {
  const [channels, filters] = [fixedDim(x, 1), fixedDim(dy, 1)];
  if (channels <= 4) return exchanged(g, x, dy, window);
  const places = fixedDim(dy, 2) * fixedDim(dy, 3);
  // Small maps: exchanging batch and channels costs less than a product for each picture.
  const flat = places < (2 * filters * channels) / (filters + channels);
  return flat ? oneProductATap(g, x, dy, window) : oneProductAPicture(g, x, dy, window);
}

/** The kernel's places in rows: for each, the part of the padded input that it met, `[.., OH, OW]`. */
function taps(
  g: GraphBuilder,
  x: Value,
  dy: Value,
  { kernel, strides, pads, dilations }: Required<Window>,
): Value[] {
  const [top, left, bottom, right] = pads;
  const padded = pad(g, x, [
    { axis: 2, before: top, after: bottom },
    { axis: 3, before: left, after: right },
  ]);
  const range = (axis: 0 | 1, tap: number) => {
    const start = tap * dilations[axis];
    const step = strides[axis];
    return { axis: axis + 2, start, end: start + (fixedDim(dy, axis + 2) - 1) * step + 1, step };
  };
  const places = Array.from({ length: kernel[0] * kernel[1] }, (_, at) => at);
  return places.map((at) =>
    slice(g, padded, [range(0, Math.floor(at / kernel[1])), range(1, at % kernel[1])]),
  );
}

/** `[F,C]` for each place of the kernel as `[F,C,kh,kw]`. */
function assemble(
  g: GraphBuilder,
  parts: readonly Value[],
  [height, width]: readonly [number, number],
): Value {
  const [filters = 1, channels = 1] = parts[0] === undefined ? [] : fixedShape(parts[0]);
  const stacked = parts.map((part) => reshape(g, part, [filters, channels, 1]));
  return reshape(g, concat(g, stacked, 2), [filters, channels, height, width]);
}

const flattenMap = (g: GraphBuilder, x: Value): Value =>
  reshape(g, x, [fixedDim(x, 0), fixedDim(x, 1), fixedDim(x, 2) * fixedDim(x, 3)]);

/** `dy[N,F,P]` by `x[N,C,P]` transposed, summed over the batch. */
function oneProductAPicture(g: GraphBuilder, x: Value, dy: Value, window: Required<Window>): Value {
  const rows = flattenMap(g, dy);
  const parts = taps(g, x, dy, window).map((tap) =>
    reduceSum(g, matMul(g, rows, swapLast(g, flattenMap(g, tap))), [0], false),
  );
  return assemble(g, parts, window.kernel);
}

/** `dy[F,N*P]` by `x[C,N*P]` transposed. */
function oneProductATap(g: GraphBuilder, x: Value, dy: Value, window: Required<Window>): Value {
  const channelsFirst = (value: Value): Value => transpose(g, value, [1, 0, 2, 3]);
  const rowsOf = (value: Value): Value =>
    reshape(g, value, [fixedDim(value, 0), fixedDim(value, 1) * fixedDim(value, 2) * fixedDim(value, 3)]);
  const rows = rowsOf(channelsFirst(dy));
  const parts = taps(g, channelsFirst(x), dy, window).map((tap) =>
    gemm(g, rows, rowsOf(tap), { transB: true }),
  );
  return assemble(g, parts, window.kernel);
}

const cropTo = (g: GraphBuilder, x: Value, [height, width]: readonly [number, number]): Value =>
  slice(g, x, [
    { axis: 2, start: 0, end: height },
    { axis: 3, start: 0, end: width },
  ]);

/** A convolution of the input by dy with batch and channels exchanged, stride and dilation too. */
function exchanged(g: GraphBuilder, x: Value, dy: Value, window: Required<Window>): Value {
  const { kernel, strides, pads, dilations } = window;
  const swap = (value: Value): Value => transpose(g, value, [1, 0, 2, 3]);
  const product = conv(g, swap(x), swap(dy), { strides: dilations, dilations: strides, pads });
  return swap(cropTo(g, product, kernel));
}

/** The same with every channel of every picture a group of its own. */
function depthwise(g: GraphBuilder, x: Value, dy: Value, window: Required<Window>): Value {
  const { kernel, strides, pads, dilations } = window;
  const [batch, channels] = [fixedDim(x, 0), fixedDim(x, 1)];
  const group = batch * channels;
  const input = reshape(g, x, [1, group, fixedDim(x, 2), fixedDim(x, 3)]);
  const weight = reshape(g, dy, [group, 1, fixedDim(dy, 2), fixedDim(dy, 3)]);
  const product = conv(g, input, weight, { strides: dilations, dilations: strides, pads, group });
  return reduceSum(g, reshape(g, cropTo(g, product, kernel), [batch, channels, 1, ...kernel]), [0], false);
}
