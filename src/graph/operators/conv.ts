import { convInputGradient } from '../conv-input-gradient.ts';
import { convWeightGradient } from '../conv-weight-gradient.ts';
import { sumOfChannels } from '../functions/index.ts';
import { type Attributes, demand, demandFloats, demandRank, inputAt, type Operator } from '../operator.ts';
import { fixedDim, type Value, type ValueType } from '../value.ts';
import { slidingSizes } from '../window.ts';

function infer(inputs: readonly Value[], attributes: Attributes): ValueType {
  const [x, weight, bias] = [inputAt(inputs, 0), inputAt(inputs, 1), inputs[2]];
  demandFloats(inputs);
  demand(x.shape.length === 4 || x.shape.length === 5, `${x.name} must be of rank 4, or 5 with a depth`);
  demandRank(weight, x.shape.length);
  const [filters, depth] = [fixedDim(weight, 0), fixedDim(weight, 1)];
  const group = Number(attributes['group']);
  demand(fixedDim(x, 1) === depth * group, `channels do not fit ${group} groups of ${depth}`);
  demand(filters % group === 0, `${filters} filters are no multiple of ${group} groups`);
  if (bias !== undefined) {
    demandRank(bias, 1);
    demand(fixedDim(bias, 0) === filters, `${bias.name} must have one number for each of ${filters} filters`);
  }
  return { dataType: x.dataType, shape: [...x.shape.slice(0, 1), filters, ...slidingSizes(x, attributes)] };
}

/** Its gradient is that of the convolution of maps, `[N,C,H,W]`. */
export const convOperator: Operator = {
  infer,
  gradient: (g, use, dy) => [
    () => convInputGradient(g, use, dy),
    () => convWeightGradient(g, use, dy),
    () => sumOfChannels(g, dy),
  ],
};
