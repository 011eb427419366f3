import type { GraphBuilder } from '../builder.ts';
import { type Attributes, inputAt, integers, mismatch, type Operator } from '../operator.ts';
import { fixedDim, type Value, type ValueType } from '../value.ts';
import { slidingSize, type Window, windowAttributes } from '../window.ts';

/** Settings of a 2-D convolution; the kernel's size is the weight's. */
export interface ConvOptions extends Omit<Window, 'kernel'> {
  readonly group?: number;
}

function infer(inputs: readonly Value[], attributes: Attributes): ValueType {
  const x = inputAt('Conv', inputs, 0);
  const weight = inputAt('Conv', inputs, 1);
  const bias = inputs[2];
  const group = Number(attributes['group']);
  const [filters, depth] = [fixedDim(weight, 0), fixedDim(weight, 1)];
  if (x.shape.length !== 4 || weight.shape.length !== 4)
    mismatch('Conv', inputs, 'input and weight must have 4 axes');
  if (fixedDim(x, 1) !== depth * group)
    mismatch('Conv', inputs, `channels do not fit ${group} groups of ${depth}`);
  if (filters % group !== 0)
    mismatch('Conv', inputs, `${filters} filters are no multiple of ${group} groups`);
  if (bias !== undefined && fixedDim(bias, 0) !== filters) mismatch('Conv', inputs, 'one bias a filter');
  const kernel = [fixedDim(weight, 2), fixedDim(weight, 3)];
  if (integers(attributes, 'kernel_shape').join() !== kernel.join())
    mismatch('Conv', inputs, 'kernel is not the weight');
  const size = (axis: 0 | 1): number => slidingSize('Conv', fixedDim(x, 2 + axis), axis, attributes);
  return { dataType: x.dataType, shape: [x.shape[0] ?? 'N', filters, size(0), size(1)] };
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
  const kernel = [fixedDim(weight, 2), fixedDim(weight, 3)] as const;
  const attributes = { ...windowAttributes({ ...options, kernel }), group: options.group ?? 1 };
  return g.apply(convOperator, bias === undefined ? [x, weight] : [x, weight, bias], attributes);
}
