import type { GraphBuilder } from './builder.ts';
import {
  concat,
  deepAttributes,
  gemm,
  mapsByMaps,
  matMul,
  pad,
  reduceSum,
  reshape,
  secondAsDepth,
  slice,
  sumOfProducts,
  swapBatch,
  swapLast,
} from './functions/index.ts';
import { inputAt, type Use } from './operator.ts';
import { fixedDim, fixedShape, sizeOf, type Value } from './value.ts';
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
  const taps = sizeOf(window.kernel);
  if (taps > 1 && g.trainsOnCpu) return asConvolution(g, x, dy, window);
  const [channels, filters] = [fixedDim(x, 1), fixedDim(dy, 1)];
  const places = fixedDim(dy, 2) * fixedDim(dy, 3);
  // Small maps: exchanging batch and channels costs less than a product for each picture.
  const flat = taps === 1 && places < (2 * filters * channels) / (filters + channels);
  const product = flat ? oneProduct : oneProductAPicture;
  const parts = tapsOf(g, x, dy, window).map((tap) =>
    reshape(g, product(g, tap, dy), [filters, channels, 1]),
  );
  return reshape(g, concat(g, parts, 2), [filters, channels, ...window.kernel]);
}

/** For each place of the kernel, row by row, the part of the padded input that it met: `[N,C,OH,OW]`. */
function tapsOf(
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
  const places = Array.from({ length: sizeOf(kernel) }, (_, at) => at);
  return places.map((at) =>
    slice(g, padded, [range(0, Math.floor(at / kernel[1])), range(1, at % kernel[1])]),
  );
}

/** `dy[N,F,P]` by `x[N,C,P]` transposed, summed over the batch: `[F,C]`. */
function oneProductAPicture(g: GraphBuilder, x: Value, dy: Value): Value {
  const maps = (value: Value): Value =>
    reshape(g, value, [fixedDim(value, 0), fixedDim(value, 1), fixedDim(value, 2) * fixedDim(value, 3)]);
  return reduceSum(g, matMul(g, maps(dy), swapLast(g, maps(x))), [0], false);
}

/** `dy[F,N*P]` by `x[C,N*P]` transposed: `[F,C]`. */
function oneProduct(g: GraphBuilder, x: Value, dy: Value): Value {
  const rows = (value: Value): Value => {
    const [first = 1, ...others] = fixedShape(value);
    return reshape(g, value, [first, sizeOf(others)]);
  };
  return gemm(g, rows(swapBatch(g, dy)), rows(swapBatch(g, x)), { transB: true });
}

/** The input's padding at the end of each axis such that a kernel of the size of dy has a place for each tap. */
function endPads(
  x: Value,
  dy: Value,
  { kernel, strides, pads, dilations }: Required<Window>,
): [number, number] {
  const [height = 0, width = 0] = ([0, 1] as const).map((axis) => {
    const reach = strides[axis] * (fixedDim(dy, axis + 2) - 1) + 1 + dilations[axis] * (kernel[axis] - 1);
    return Math.max(0, reach - fixedDim(x, axis + 2) - pads[axis]);
  });
  return [height, width];
}

/**
 * A convolution of the input by dy, stride and dilation exchanged, with the input's channels as depth and its pictures
 * as channels, or as groups where the products of one picture are smaller than its dy.
 */
function asConvolution(g: GraphBuilder, x: Value, dy: Value, window: Required<Window>): Value {
  const { kernel, strides, pads, dilations } = window;
  const [batch = 1, filters = 1, height = 1, width = 1] = fixedShape(dy);
  const channels = fixedDim(x, 1);
  const apart = batch > 1 && channels * sizeOf(kernel) < height * width;
  const weight = apart
    ? reshape(g, dy, [batch * filters, 1, 1, height, width])
    : reshape(g, swapBatch(g, dy), [filters, batch, 1, height, width]);
  const around = [pads[0], pads[1], ...endPads(x, dy, window)] as const;
  const exchanged = {
    kernel: [height, width],
    strides: dilations,
    dilations: strides,
    pads: around,
  } as const;
  const product = g.apply(
    'Conv',
    [secondAsDepth(g, x), weight],
    deepAttributes(exchanged, apart ? batch : 1),
  );
  const taps = cropTo(g, product, kernel);
  if (!apart) return reshape(g, taps, [filters, channels, ...kernel]);
  return reduceSum(g, reshape(g, taps, [batch, filters, channels, ...kernel]), [0], false);
}

/** The first places of the last two axes. */
function cropTo(g: GraphBuilder, x: Value, [height, width]: readonly [number, number]): Value {
  const rank = x.shape.length;
  return slice(g, x, [
    { axis: rank - 2, start: 0, end: height },
    { axis: rank - 1, start: 0, end: width },
  ]);
}

/**
 * A convolution of the input by dy, stride and dilation exchanged, with every channel of every picture a group. On CUDA
 * tap by tap, which takes a training step of EfficientNet-Lite0 two fifths of the time: a kernel as large as a map, and
 * as many groups, is what cuDNN has no fast way for.
 */
function depthwise(g: GraphBuilder, x: Value, dy: Value, window: Required<Window>): Value {
  const { kernel, strides, pads, dilations } = window;
  if (g.trainsOnCuda) {
    const channels = fixedDim(x, 1);
    const sums = tapsOf(g, x, dy, window).map((tap) =>
      reshape(g, sumOfProducts(g, tap, dy), [channels, 1, 1]),
    );
    return reshape(g, concat(g, sums, 2), [channels, 1, ...kernel]);
  }
  const [batch, channels] = [fixedDim(x, 0), fixedDim(x, 1)];
  const around = [pads[0], pads[1], ...endPads(x, dy, window)] as const;
  const product = mapsByMaps(g, x, dy, { strides: dilations, dilations: strides, pads: around });
  return reduceSum(g, reshape(g, cropTo(g, product, kernel), [batch, channels, 1, ...kernel]), [0], false);
}
