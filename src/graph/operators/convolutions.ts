import { check, checkFloats, checkRank, firstInputs, integers } from '../checks.ts';
import { convInputGradient } from '../conv-input-gradient.ts';
import { convWeightGradient } from '../conv-weight-gradient.ts';
import { sumOfChannels } from '../functions/index.ts';
import type { Attributes } from '../graph.ts';
import type { Operator } from '../operator.ts';
import { fixedDim, type Value, type ValueType } from '../value.ts';
import { slidingSizes } from '../window.ts';

function infer(inputs: readonly Value[], attributes: Attributes): ValueType {
  const [x, weight] = firstInputs(inputs, 2);
  const bias = inputs[2];
  checkFloats(inputs);
  check(x.shape.length === 4 || x.shape.length === 5, `${x.name} must be of rank 4, or 5 with a depth.`);
  checkRank(weight, x.shape.length);
  const filters = fixedDim(weight, 0);
  const depth = fixedDim(weight, 1);
  const group = Number(attributes['group']);
  check(
    fixedDim(x, 1) === depth * group,
    `${fixedDim(x, 1)} channels do not fit ${group} groups of ${depth}.`,
  );
  check(filters % group === 0, `${filters} filters are no multiple of ${group} groups.`);
  if (bias !== undefined) {
    checkRank(bias, 1);
    check(fixedDim(bias, 0) === filters, `${bias.name} must have one number for each of ${filters} filters.`);
  }
  return { dataType: x.dataType, shape: [...x.shape.slice(0, 1), filters, ...slidingSizes(x, attributes)] };
}

function size(x: Value, weight: Value, axis: 0 | 1, list: (name: string) => readonly number[]): number {
  const at = (name: string, position: number): number => list(name)[position] ?? 0;
  const reach = at('dilations', axis) * (fixedDim(weight, axis + 2) - 1) + 1;
  const pads = at('pads', axis) + at('pads', axis + 2);
  return at('strides', axis) * (fixedDim(x, axis + 2) - 1) + at('output_padding', axis) + reach - pads;
}

/** The domain of ONNX Runtime's own CPU kernels. Shapes stay `[N,C,H,W]`: only the memory is in blocks. */
const domain = 'com.microsoft.nchwc';

function inferLayout([x]: readonly Value[]): ValueType {
  check(x !== undefined && x.dataType === 'float32', 'Only float32 can be laid out in blocks.');
  checkRank(x, 4);
  return { dataType: x.dataType, shape: x.shape };
}

/** The convolutions, by name; those in blocks of channels are ONNX Runtime's own. */
export const convolutions = {
  /** A convolution of `[N,C,H,W]`, or of `[N,C,D,H,W]`. The gradient is that of `[N,C,H,W]`. */
  Conv: {
    infer,
    gradient: (g, node, dy) => [
      () => convInputGradient(g, node, dy),
      () => convWeightGradient(g, node, dy),
      () => sumOfChannels(g, dy),
    ],
  },
  /** The transposed convolution: the gradient of a convolution's input. `weight[F,C/group,kh,kw]` is the convolution's. */
  ConvTranspose: {
    infer(inputs, attributes): ValueType {
      const [x, weight] = firstInputs(inputs, 2);
      checkFloats(inputs);
      checkRank(x, 4);
      checkRank(weight, 4);
      const channels = fixedDim(weight, 1) * Number(attributes['group']);
      const sizes = ([0, 1] as const).map((axis) =>
        size(x, weight, axis, (name) => integers(attributes, name)),
      );
      return { dataType: x.dataType, shape: [...x.shape.slice(0, 1), channels, ...sizes] };
    },
  },
  /** Reorders `[N,C,H,W]` to blocks of channels: in memory `[N,C/B,H,W,B]`. */
  ReorderInput: {
    onnx: { domain, opType: 'ReorderInput' },
    infer: inferLayout,
  },
  /** Reorders blocks of channels to `[N,C,H,W]`. */
  ReorderOutput: {
    onnx: { domain, opType: 'ReorderOutput' },
    infer: inferLayout,
  },
  /** A depthwise convolution whose input, weight and output are in blocks. */
  BlockedConv: {
    onnx: { domain, opType: 'Conv' },
    infer(inputs, attributes: Attributes) {
      const { dataType, shape } = inferLayout(inputs);
      const [x, weight] = firstInputs(inputs, 2);
      const channels = fixedDim(x, 1);
      check(attributes['group'] === channels, 'Every channel must be a group.');
      const filters = fixedDim(weight, 0);
      const depth = fixedDim(weight, 1);
      check(filters === channels && depth === 1, 'The weight must have one filter for each channel.');
      return { dataType, shape: [...shape.slice(0, 2), ...slidingSizes(x, attributes)] };
    },
  },
} satisfies Record<string, Operator>;
