import { add, fixedDim, type GraphBuilder, maxPool, relu, type Value } from '../graph/index.ts';
import { convNorm, padAll } from './layers.ts';
import { type Architecture, chain, imagenetStatistics, type NetworkOptions } from './network.ts';

interface Block {
  /** Output channels over the block's own channels. */
  readonly expansion: number;
  /** The normalisation whose output the shortcut is added to. */
  readonly lastNorm: string;
  readonly build: (g: GraphBuilder, x: Value, name: string, channels: number, stride: number) => Value;
}

function shortcut(g: GraphBuilder, x: Value, name: string, filters: number, stride: number): Value {
  if (stride === 1 && fixedDim(x, 1) === filters) return x;
  const options = { filters, kernel: 1, strides: [stride, stride] } as const;
  return convNorm(g, x, `${name}.downsample.0`, `${name}.downsample.1`, options);
}

/** Two 3x3 convolutions (He et al. 2015, figure 5 left), as torchvision's BasicBlock. */
const basic: Block = {
  expansion: 1,
  lastNorm: 'bn2',
  build(g, x, name, channels, stride) {
    const three = { filters: channels, kernel: 3, pads: padAll(1) };
    const strided = { ...three, strides: [stride, stride] } as const;
    let y = relu(g, convNorm(g, x, `${name}.conv1`, `${name}.bn1`, strided));
    y = convNorm(g, y, `${name}.conv2`, `${name}.bn2`, three);
    return relu(g, add(g, y, shortcut(g, x, name, channels, stride)));
  },
};

/** 1x1, 3x3, 1x1, with the stride on the 3x3 ("ResNet v1.5"), as torchvision's Bottleneck. */
const bottleneck: Block = {
  expansion: 4,
  lastNorm: 'bn3',
  build(g, x, name, channels, stride) {
    let y = relu(g, convNorm(g, x, `${name}.conv1`, `${name}.bn1`, { filters: channels, kernel: 1 }));
    const three = { filters: channels, kernel: 3, pads: padAll(1), strides: [stride, stride] } as const;
    y = relu(g, convNorm(g, y, `${name}.conv2`, `${name}.bn2`, three));
    y = convNorm(g, y, `${name}.conv3`, `${name}.bn3`, { filters: 4 * channels, kernel: 1 });
    return relu(g, add(g, y, shortcut(g, x, name, 4 * channels, stride)));
  },
};

function stem(g: GraphBuilder, image: Value, channels: number): Value {
  const seven = { filters: channels, kernel: 7, strides: [2, 2], pads: padAll(3) } as const;
  return maxPool(g, relu(g, convNorm(g, image, 'conv1', 'bn1', seven)), {
    kernel: [3, 3],
    strides: [2, 2],
    pads: padAll(1),
  });
}

function resnet(block: Block, depths: readonly [number, number, number, number]): Architecture {
  function body(g: GraphBuilder, image: Value, options: NetworkOptions): Value {
    const { width = 1, lastStride = 2 } = options;
    const base = Math.round(64 * width);
    const blocks = depths.flatMap((depth, stage) => {
      const stride = stage === 0 ? 1 : stage === 3 ? lastStride : 2;
      return Array.from(
        { length: depth },
        (_, index) => (x: Value) =>
          block.build(g, x, `layer${stage + 1}.${index}`, base * 2 ** stage, index === 0 ? stride : 1),
      );
    });
    return chain(g, image, { stem: (x) => stem(g, x, base), blocks }, options);
  }
  return {
    input: { ...imagenetStatistics, size: 224, resize: 256, filter: 'bilinear' },
    ignoredWeights: [/^fc\./, /\.num_batches_tracked$/],
    residualScales: new RegExp(`^layer\\d\\.\\d+\\.${block.lastNorm}\\.weight$`),
    body,
  };
}

/** Residual networks (He et al., "Deep Residual Learning", 2015) with torchvision's parameter names. */
export const resnets: Readonly<Record<string, Architecture>> = {
  resnet18: resnet(basic, [2, 2, 2, 2]),
  resnet34: resnet(basic, [3, 4, 6, 3]),
  resnet50: resnet(bottleneck, [3, 4, 6, 3]),
  resnet101: resnet(bottleneck, [3, 4, 23, 3]),
};
