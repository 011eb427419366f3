import { check, checkFloats, checkRank, firstInputs } from '../checks.ts';
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

/** A convolution of `[N,C,H,W]`, or of `[N,C,D,H,W]`. The gradient is that of `[N,C,H,W]`. */
export const convOperator: Operator = {
  infer,
  gradient: (g, node, dy) => [
    () => convInputGradient(g, node, dy),
    () => convWeightGradient(g, node, dy),
    () => sumOfChannels(g, dy),
  ],
};
