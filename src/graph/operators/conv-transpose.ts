import { checkFloats, checkRank, firstInputs, integers } from '../checks.ts';
import type { Operator } from '../operator.ts';
import { fixedDim, type Value, type ValueType } from '../value.ts';

function size(x: Value, weight: Value, axis: 0 | 1, list: (name: string) => readonly number[]): number {
  const at = (name: string, position: number): number => list(name)[position] ?? 0;
  const reach = at('dilations', axis) * (fixedDim(weight, axis + 2) - 1) + 1;
  const pads = at('pads', axis) + at('pads', axis + 2);
  return at('strides', axis) * (fixedDim(x, axis + 2) - 1) + at('output_padding', axis) + reach - pads;
}

/** The transposed convolution: the gradient of a convolution's input. `weight[F,C/group,kh,kw]` is the convolution's. */
export const convTransposeOperator: Operator = {
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
};
