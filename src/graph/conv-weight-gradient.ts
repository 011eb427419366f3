import { countElements } from '../tensor/index.ts';
import {
  type ConvToDifferentiate,
  chooseStrategy,
  convOf,
  isDepthwise,
  type Strategy,
} from './conv-gradient.ts';
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
import type { Graph, Node } from './graph.ts';
import { fixedDim, fixedShape, type Value } from './value.ts';

/** Returns for each place of the kernel, row by row, the part of the padded input that it met: `[N,C,OH,OW]`. */
function tapsOf(g: Graph, { x, dy, window }: ConvToDifferentiate): Value[] {
  const { kernel, strides, pads, dilations } = window;
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
  const places = Array.from({ length: countElements(kernel) }, (_, at) => at);
  return places.map((at) =>
    slice(g, padded, [range(0, Math.floor(at / kernel[1])), range(1, at % kernel[1])]),
  );
}

/** `dy[N,F,P]` by `x[N,C,P]` transposed, summed over the batch: `[F,C]`. */
function productPerPicture(g: Graph, x: Value, dy: Value): Value {
  const maps = (value: Value): Value =>
    reshape(g, value, [fixedDim(value, 0), fixedDim(value, 1), fixedDim(value, 2) * fixedDim(value, 3)]);
  return reduceSum(g, matMul(g, maps(dy), swapLast(g, maps(x))), [0], false);
}

/** `dy[F,N*P]` by `x[C,N*P]` transposed: `[F,C]`. */
function oneProduct(g: Graph, x: Value, dy: Value): Value {
  const rows = (value: Value): Value => {
    const [first = 1, ...others] = fixedShape(value);
    return reshape(g, value, [first, countElements(others)]);
  };
  return gemm(g, rows(swapBatch(g, dy)), rows(swapBatch(g, x)), { transB: true });
}

/** Returns the padding at the end of each axis of x with which a kernel of the size of dy has a place for each tap. */
function endPads({ x, dy, window }: ConvToDifferentiate): [number, number] {
  const { kernel, strides, pads, dilations } = window;
  const [height = 0, width = 0] = ([0, 1] as const).map((axis) => {
    const reach = strides[axis] * (fixedDim(dy, axis + 2) - 1) + 1 + dilations[axis] * (kernel[axis] - 1);
    return Math.max(0, reach - fixedDim(x, axis + 2) - pads[axis]);
  });
  return [height, width];
}

/** Cuts the last two axes to their first places. */
function cropTo(g: Graph, x: Value, [height, width]: readonly [number, number]): Value {
  const rank = x.shape.length;
  return slice(g, x, [
    { axis: rank - 2, start: 0, end: height },
    { axis: rank - 1, start: 0, end: width },
  ]);
}

/** The settings of the convolution of x by dy: stride and dilation exchanged, padded so that every tap has a place. */
function exchanged(c: ConvToDifferentiate) {
  const { strides, pads, dilations } = c.window;
  const around = [pads[0], pads[1], ...endPads(c)] as const;
  return { strides: dilations, dilations: strides, pads: around };
}

/**
 * The convolution of x by dy with the channels of x as depth.
 *
 * @param dy - the gradient of the output as a weight, `[groups*F,N/groups,1,OH,OW]`
 * @param groups - 1, or the number of pictures to make each of them a group
 */
function deepConvolution(g: Graph, c: ConvToDifferentiate, dy: Value, groups: number): Value {
  const window = { ...exchanged(c), kernel: [fixedDim(c.dy, 2), fixedDim(c.dy, 3)] as const };
  const product = g.apply('Conv', [secondAsDepth(g, c.x), dy], deepAttributes(window, groups));
  return cropTo(g, product, c.window.kernel);
}

function convolutionOfBatch(g: Graph, c: ConvToDifferentiate): Value {
  const [batch = 1, filters = 1, height = 1, width = 1] = fixedShape(c.dy);
  const dy = reshape(g, swapBatch(g, c.dy), [filters, batch, 1, height, width]);
  return reshape(g, deepConvolution(g, c, dy, 1), [filters, fixedDim(c.x, 1), ...c.window.kernel]);
}

function convolutionPerPicture(g: Graph, c: ConvToDifferentiate): Value {
  const [batch = 1, filters = 1, height = 1, width = 1] = fixedShape(c.dy);
  const dy = reshape(g, c.dy, [batch * filters, 1, 1, height, width]);
  const shape = [batch, filters, fixedDim(c.x, 1), ...c.window.kernel];
  return reduceSum(g, reshape(g, deepConvolution(g, c, dy, batch), shape), [0], false);
}

function depthwiseConvolution(g: Graph, c: ConvToDifferentiate): Value {
  const shape = [fixedDim(c.x, 0), fixedDim(c.x, 1), 1, ...c.window.kernel];
  const product = mapsByMaps(g, c.x, c.dy, exchanged(c));
  return reduceSum(g, reshape(g, cropTo(g, product, c.window.kernel), shape), [0], false);
}

/**
 * The same tap by tap. A convolution with a group for each channel of each picture and a kernel as large as a map has no
 * fast way in cuDNN: with this a training step of EfficientNet-Lite0 takes two fifths of the time.
 */
function depthwiseByTaps(g: Graph, c: ConvToDifferentiate): Value {
  const channels = fixedDim(c.x, 1);
  const sums = tapsOf(g, c).map((tap) => reshape(g, sumOfProducts(g, tap, c.dy), [channels, 1, 1]));
  return reshape(g, concat(g, sums, 2), [channels, 1, ...c.window.kernel]);
}

function channelsOf(g: Graph, x: Value, at: number, group: number): Value {
  const size = fixedDim(x, 1) / group;
  return slice(g, x, [{ axis: 1, start: at * size, end: (at + 1) * size }]);
}

function eachGroup(g: Graph, c: ConvToDifferentiate): Value {
  const parts = Array.from({ length: c.group }, (_, at) => {
    const x = channelsOf(g, c.x, at, c.group);
    const one = { ...c, x, dy: channelsOf(g, c.dy, at, c.group), group: 1 };
    return chooseStrategy(strategies, g, one).build(g, one);
  });
  return concat(g, parts, 0);
}

/** A product for each tap of the kernel. */
function products(g: Graph, c: ConvToDifferentiate, product: typeof oneProduct): Value {
  const shape = [fixedDim(c.dy, 1), fixedDim(c.x, 1)];
  const parts = tapsOf(g, c).map((tap) => reshape(g, product(g, tap, c.dy), [...shape, 1]));
  return reshape(g, concat(g, parts, 2), [...shape, ...c.window.kernel]);
}

const convolves = (g: Graph, { window }: ConvToDifferentiate): boolean =>
  g.trainsOn === 'cpu' && countElements(window.kernel) > 1;

const mapSize = ({ dy }: ConvToDifferentiate): number => fixedDim(dy, 2) * fixedDim(dy, 3);

/** The ways to compute the gradient of a convolution's weight; the first that applies is used. */
const strategies: readonly Strategy[] = [
  {
    name: 'depthwise, tap by tap',
    when: (g, c) => g.trainsOn === 'cuda' && isDepthwise(c),
    build: depthwiseByTaps,
  },
  {
    name: 'depthwise convolution by the gradient',
    when: (_, c) => isDepthwise(c),
    build: depthwiseConvolution,
  },
  {
    name: 'each group separately',
    when: (_, { group }) => group > 1,
    build: eachGroup,
  },
  {
    // Where the gradient of one picture's weight is smaller than a map of dy.
    name: 'convolution of each picture by its gradient',
    when: (g, c) =>
      convolves(g, c) &&
      fixedDim(c.dy, 0) > 1 &&
      fixedDim(c.x, 1) * countElements(c.window.kernel) < mapSize(c),
    build: convolutionPerPicture,
  },
  {
    name: 'convolution of the batch by its gradient',
    when: convolves,
    build: convolutionOfBatch,
  },
  {
    // Small maps: exchanging batch and channels costs less than a product for each picture.
    name: 'one product',
    when(_, c) {
      const filters = fixedDim(c.dy, 1);
      const channels = fixedDim(c.x, 1);
      return (
        countElements(c.window.kernel) === 1 && mapSize(c) < (2 * filters * channels) / (filters + channels)
      );
    },
    build: (g, c) => products(g, c, oneProduct),
  },
  {
    name: 'a product for each picture',
    when: () => true,
    build: (g, c) => products(g, c, productPerPicture),
  },
];

/** The names of the ways to compute the gradient of a convolution's weight. */
export const weightGradientStrategies: readonly string[] = strategies.map(({ name }) => name);

/** Returns the name of the way that `convWeightGradient` takes. */
export const weightGradientStrategy = (g: Graph, node: Node, dy: Value): string =>
  chooseStrategy(strategies, g, convOf(node, dy)).name;

/** Adds the gradient of a convolution's weight, `[F,C/group,kh,kw]`. */
export function convWeightGradient(g: Graph, node: Node, dy: Value): Value {
  const c = convOf(node, dy);
  return chooseStrategy(strategies, g, c).build(g, c);
}
