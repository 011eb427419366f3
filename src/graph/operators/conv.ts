import type { GraphBuilder } from '../builder.ts';
import { type Attributes, demand, demandFloats, demandRank, inputAt, type Operator } from '../operator.ts';
import { fixedDim, type Value, type ValueType } from '../value.ts';
import { slidingSizes, type Window, windowAttributes } from '../window.ts';

/** Settings of a 2-D convolution; the kernel's size is the weight's. */
export interface ConvOptions extends Omit<Window, 'kernel'> {
  /** How many groups the channels are split into; each is convolved by itself. Default 1. */
  readonly group?: number;
}

function infer(inputs: readonly Value[], attributes: Attributes): ValueType {
  const [x, weight, bias] = [inputAt(inputs, 0), inputAt(inputs, 1), inputs[2]];
  demandFloats(inputs);
  demandRank(x, 4);
  demandRank(weight, 4);
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

export const convOperator: Operator = { opType: 'Conv', infer };

/** 2-D convolution of `[N,C,H,W]` with `weight[F,C/group,kh,kw]` and an optional `bias[F]`. */
export function conv(
  g: GraphBuilder,
  x: Value,
  weight: Value,
  options: ConvOptions = {},
  bias?: Value,
): Value {
  const [, , height, width] = weight.shape;
  const kernel = [Number(height), Number(width)] as const;
  const attributes = { ...windowAttributes({ ...options, kernel }), group: options.group ?? 1 };
  return g.apply(convOperator, bias === undefined ? [x, weight] : [x, weight, bias], attributes);
}
