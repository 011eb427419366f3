import { dataTypeOf } from '../../../src/onnx/index.ts';
import type { Operator } from './call.ts';
import { broadcastDims, generate, readBroadcast } from './tensor.ts';

const unary =
  (f: (x: number) => number): Operator =>
  (call) => {
    const x = call.input(0);
    return [{ dims: [...x.dims], data: x.data.map(f) }];
  };

const binary =
  (f: (a: number, b: number) => number): Operator =>
  (call) => {
    const [a, b] = [call.input(0), call.input(1)];
    const dims = broadcastDims(a.dims, b.dims);
    return [generate(dims, (index) => f(readBroadcast(a, index), readBroadcast(b, index)))];
  };

export const identity: Operator = unary((x) => x);
export const neg: Operator = unary((x) => -x);
export const sqrt: Operator = unary(Math.sqrt);
export const reciprocal: Operator = unary((x) => 1 / x);
export const exp: Operator = unary(Math.exp);
export const log: Operator = unary(Math.log);
export const abs: Operator = unary(Math.abs);
export const sign: Operator = unary(Math.sign);
/** log(1 + e^x), as e^x for a very small one and x for a very large one. */
export const softplus: Operator = unary((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));
export const relu: Operator = unary((x) => Math.max(x, 0));
export const not: Operator = unary((x) => (x === 0 ? 1 : 0));

export const add: Operator = binary((a, b) => a + b);
export const sub: Operator = binary((a, b) => a - b);
export const mul: Operator = binary((a, b) => a * b);
/** Of floats: tensors do not know here whether they hold integers, whose quotient would be truncated. */
export const div: Operator = binary((a, b) => a / b);
export const pow: Operator = binary((a, b) => a ** b);
export const max: Operator = binary(Math.max);
export const min: Operator = binary(Math.min);

export const equal: Operator = binary((a, b) => Number(a === b));
export const greater: Operator = binary((a, b) => Number(a > b));
export const greaterOrEqual: Operator = binary((a, b) => Number(a >= b));
export const lessOrEqual: Operator = binary((a, b) => Number(a <= b));

export const clip: Operator = (call) => {
  const x = call.input(0);
  const low = call.scalar(1, Number.NEGATIVE_INFINITY);
  const high = call.scalar(2, Number.POSITIVE_INFINITY);
  return [{ dims: [...x.dims], data: x.data.map((value) => Math.min(Math.max(value, low), high)) }];
};

export const hardSigmoid: Operator = (call) => {
  const x = call.input(0);
  const [slope, offset] = [call.float('alpha', 0.2), call.float('beta', 0.5)];
  return [
    { dims: [...x.dims], data: x.data.map((value) => Math.min(Math.max(slope * value + offset, 0), 1)) },
  ];
};

export const where: Operator = (call) => {
  const [condition, a, b] = [call.input(0), call.input(1), call.input(2)];
  const dims = broadcastDims(condition.dims, broadcastDims(a.dims, b.dims));
  const chosen = (index: readonly number[]) => (readBroadcast(condition, index) === 0 ? b : a);
  return [generate(dims, (index) => readBroadcast(chosen(index), index))];
};

/** To any floating-point type nothing is rounded: everything is computed in float64. */
export const cast: Operator = (call) => {
  const x = call.input(0);
  const to = String(dataTypeOf(call.integer('to', 0)));
  if (to.includes('float')) return [x];
  const convert = to === 'bool' ? (value: number) => Number(value !== 0) : Math.trunc;
  if (to !== 'bool' && !to.includes('int')) throw new Error(`Cast: the type ${to} is not known`);
  return [{ dims: [...x.dims], data: x.data.map(convert) }];
};
