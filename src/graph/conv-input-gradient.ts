import { countElements } from '../tensor/index.ts';
import {
  type ConvToDifferentiate,
  chooseStrategy,
  convOf,
  isDepthwise,
  type Strategy,
} from './conv-gradient.ts';
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
import type { Graph, Node } from './graph.ts';
import { fixedDim, fixedShape, type Value } from './value.ts';
import type { Window } from './window.ts';

/**
 * Returns the weight of the convolution that computes the gradient at stride 1: mirrored, with filters and channels
 * exchanged. Mirrored by a product with a permutation, which takes ONNX Runtime a tenth of the time of a slice of step -1.
 */
function mirrored(g: Graph, weight: Value, depthwise: boolean): Value {
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
 * Returns the padding with which a convolution of dy, with `stride - 1` zeros after each element, gets the size of x.
 * Such a convolution is possible if no side is negative.
 */
function paddingAround({ x, dy, window }: ConvToDifferentiate): Required<Window>['pads'] {
  const { kernel, strides, pads, dilations } = window;
  const down = dilations[0] * (kernel[0] - 1);
  const right = dilations[1] * (kernel[1] - 1);
  const top = down - pads[0];
  const left = right - pads[1];
  const bottom = fixedDim(x, 2) + down - top - fixedDim(dy, 2) * strides[0];
  const after = fixedDim(x, 3) + right - left - fixedDim(dy, 3) * strides[1];
  return [top, left, bottom, after];
}

const canBePadded = (c: ConvToDifferentiate): boolean => Math.min(...paddingAround(c)) >= 0;

/**
 * `x[N,C,h,w]` with `stride - 1` zeros after each element, cut to `[N,C,height,width]`. One product moves the elements
 * apart and adds the empty rows after them.
 */
function spread(
  g: Graph,
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

/** Up to this many elements per map of dy, a transposed convolution by a kernel of 1 is slower than a spread product. */
const smallMap = 64;

const hasUnitStride = ({ window }: ConvToDifferentiate): boolean =>
  window.strides.every((stride) => stride === 1);

/** The ways to compute the gradient of a convolution's input; the first that applies is used. */
const strategies: readonly Strategy[] = [
  {
    name: 'mirrored convolution',
    when: (_, c) => (c.group === 1 || isDepthwise(c)) && hasUnitStride(c) && canBePadded(c),
    build(g, c) {
      const { dilations } = c.window;
      const weight = mirrored(g, c.weight, isDepthwise(c));
      return conv(g, c.dy, weight, { pads: paddingAround(c), dilations, group: c.group });
    },
  },
  {
    name: 'depthwise convolution in blocks of a spread gradient',
    when: (g, c) => runsInBlocks(g, c.x, c.weight, c.group) && canBePadded(c),
    build(g, c) {
      const { kernel, strides, dilations } = c.window;
      const window = { kernel, pads: paddingAround(c), dilations };
      return spreadDepthwise(g, c.dy, mirrored(g, c.weight, true), strides, window);
    },
  },
  {
    name: 'spread product of a kernel of 1',
    when: (g, { group, window, dy }) =>
      g.trainsOn === 'cpu' &&
      group === 1 &&
      countElements(window.kernel) === 1 &&
      window.pads.every((pad) => pad === 0) &&
      fixedDim(dy, 2) * fixedDim(dy, 3) <= smallMap,
    build: (g, { x, weight, dy, window }) =>
      spread(g, conv(g, dy, mirrored(g, weight, false)), window.strides, [fixedDim(x, 2), fixedDim(x, 3)]),
  },
  {
    name: 'transposed convolution',
    when: () => true,
    build(g, { x, weight, dy, window, group }) {
      const { strides, pads, dilations } = window;
      return convTranspose(g, dy, weight, x, { strides, pads, dilations, group });
    },
  },
];

/** The names of the ways to compute the gradient of a convolution's input. */
export const inputGradientStrategies: readonly string[] = strategies.map(({ name }) => name);

/** Returns the name of the way that `convInputGradient` takes. */
export const inputGradientStrategy = (g: Graph, node: Node, dy: Value): string =>
  chooseStrategy(strategies, g, convOf(node, dy)).name;

/** Adds the gradient of a convolution's input, in the shape of the input. */
export function convInputGradient(g: Graph, node: Node, dy: Value): Value {
  const c = convOf(node, dy);
  return chooseStrategy(strategies, g, c).build(g, c);
}
