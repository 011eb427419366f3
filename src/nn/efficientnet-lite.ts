import { add, clip, fixedDim, type GraphBuilder, type Value } from '../graph/index.ts';
import { type Conv2dOptions, convNorm } from './layers.ts';
import { type Architecture, chain, imagenetStatistics, type NetworkOptions } from './network.ts';

interface Stage {
  readonly expansion: number;
  readonly kernel: number;
  readonly stride: number;
  readonly channels: number;
  readonly depth: number;
}

/** EfficientNet-B0's stages (Tan and Le 2019, table 1) without squeeze-and-excitation. */
const stages: readonly Stage[] = [
  { expansion: 1, kernel: 3, stride: 1, channels: 16, depth: 1 },
  { expansion: 6, kernel: 3, stride: 2, channels: 24, depth: 2 },
  { expansion: 6, kernel: 5, stride: 2, channels: 40, depth: 2 },
  { expansion: 6, kernel: 3, stride: 2, channels: 80, depth: 3 },
  { expansion: 6, kernel: 5, stride: 1, channels: 112, depth: 3 },
  { expansion: 6, kernel: 5, stride: 2, channels: 192, depth: 4 },
  { expansion: 6, kernel: 3, stride: 1, channels: 320, depth: 1 },
];

/** TensorFlow's SAME: the output has ceil(size / stride) places; an odd pixel of padding goes to the end. */
function samePads(x: Value, kernel: number, stride: number): [number, number, number, number] {
  const pads = [2, 3].map((axis) => {
    const size = fixedDim(x, axis);
    return Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size);
  });
  const [height = 0, width = 0] = pads;
  return [Math.floor(height / 2), Math.floor(width / 2), Math.ceil(height / 2), Math.ceil(width / 2)];
}

/** TensorFlow's momentum 0.99 in PyTorch's meaning. */
const norm = { epsilon: 1e-3, momentum: 0.01 };

/** Convolution and BatchNorm, with the parameter names of the PyTorch port that the public weights have. */
function layer(g: GraphBuilder, x: Value, names: readonly [string, string], options: Conv2dOptions): Value {
  const [stride] = options.strides ?? [1];
  return convNorm(g, x, ...names, { ...options, pads: samePads(x, options.kernel, stride), norm });
}

const relu6 = (g: GraphBuilder, x: Value): Value => clip(g, x, 0, 6);

/** An inverted residual block: expand 1x1, depthwise k x k, project 1x1, and the input added where shapes allow. */
function block(g: GraphBuilder, x: Value, name: string, stage: Stage, stride: number): Value {
  const { expansion, kernel, channels } = stage;
  const inner = fixedDim(x, 1) * expansion;
  let y = x;
  if (expansion !== 1)
    y = relu6(g, layer(g, y, [`${name}._expand_conv`, `${name}._bn0`], { filters: inner, kernel: 1 }));
  const depthwise = { filters: inner, kernel, group: inner, strides: [stride, stride] } as const;
  y = relu6(g, layer(g, y, [`${name}._depthwise_conv`, `${name}._bn1`], depthwise));
  y = layer(g, y, [`${name}._project_conv`, `${name}._bn2`], { filters: channels, kernel: 1 });
  return stride === 1 && fixedDim(x, 1) === channels ? add(g, y, x) : y;
}

function body(g: GraphBuilder, image: Value, options: NetworkOptions): Value {
  const { width = 1, lastStride } = options;
  if (lastStride !== undefined)
    throw new RangeError('lastStride must not be given for efficientnet-lite0; only ResNets have it.');
  const scaled = (channels: number): number => Math.max(2, Math.round(channels * width));
  const first = { filters: scaled(32), kernel: 3, strides: [2, 2] } as const;
  const stem = (x: Value): Value => relu6(g, layer(g, x, ['_conv_stem', '_bn0'], first));
  const sized = stages.flatMap((stage) =>
    Array.from({ length: stage.depth }, (_, index) => ({
      stage: { ...stage, channels: scaled(stage.channels) },
      stride: index === 0 ? stage.stride : 1,
    })),
  );
  const blocks = sized.map(
    ({ stage, stride }, number) =>
      (x: Value): Value =>
        block(g, x, `_blocks.${number}`, stage, stride),
  );
  const x = chain(g, image, { stem, blocks }, options);
  return relu6(g, layer(g, x, ['_conv_head', '_bn1'], { filters: scaled(1280), kernel: 1 }));
}

/** The numbers of the blocks that have a shortcut: all of a stage but its first. */
const residualBlocks = stages.flatMap(({ depth }, stage) => {
  const first = stages.slice(0, stage).reduce((sum, { depth: before }) => sum + before, 0);
  return Array.from({ length: depth - 1 }, (_, index) => first + 1 + index);
});

/** EfficientNet-Lite0: made for CPUs and int8 (ReLU6 everywhere, no squeeze-and-excitation). */
export const efficientnetLite0: Architecture = {
  input: { ...imagenetStatistics, size: 224, resize: 256, filter: 'bicubic' },
  ignoredWeights: [/^_fc\./, /\.num_batches_tracked$/],
  residualScales: new RegExp(`^_blocks\\.(${residualBlocks.join('|')})\\._bn2\\.weight$`),
  body,
};
