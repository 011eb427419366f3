import { tensorData } from '../../../src/onnx/index.ts';
import type { Operator } from './call.ts';
import { at, axisOf, broadcastDims, generate, read, readBroadcast, sizeOf, type Tensor64 } from './tensor.ts';

/** The same numbers in another shape. */
function shaped(x: Tensor64, dims: number[]): Tensor64 {
  if (sizeOf(dims) !== x.data.length) throw new RangeError(`[${x.dims}] does not become [${dims}]`);
  return { dims, data: x.data };
}

const listOf = (values: readonly number[]): Tensor64 => ({
  dims: [values.length],
  data: Float64Array.from(values),
});

/** In the new shape 0 keeps the size of the axis and -1 takes what is left. */
export const reshape: Operator = (call) => {
  const x = call.input(0);
  const asked = call.list(1) ?? [];
  const zeros = call.integer('allowzero', 0) === 1;
  const kept = asked.map((size, axis) => (size === 0 && !zeros ? at(x.dims, axis) : size));
  const known = sizeOf(kept.filter((size) => size !== -1));
  return [
    shaped(
      x,
      kept.map((size) => (size === -1 ? x.data.length / known : size)),
    ),
  ];
};

/** A matrix: the axes before `axis` and those from it on. */
export const flatten: Operator = (call) => {
  const x = call.input(0);
  const asked = call.integer('axis', 1);
  const axis = asked < 0 ? asked + x.dims.length : asked;
  return [shaped(x, [sizeOf(x.dims.slice(0, axis)), sizeOf(x.dims.slice(axis))])];
};

export const squeeze: Operator = (call) => {
  const x = call.input(0);
  const axes = call.list(1)?.map((axis) => axisOf(axis, x.dims.length));
  return [
    shaped(
      x,
      x.dims.filter((dim, axis) => !(axes === undefined ? dim === 1 : axes.includes(axis))),
    ),
  ];
};

/** The axes are those of the result. */
export const unsqueeze: Operator = (call) => {
  const x = call.input(0);
  const asked = call.list(1) ?? [];
  const rank = x.dims.length + asked.length;
  const axes = new Set(asked.map((axis) => axisOf(axis, rank)));
  const rest = [...x.dims];
  const dims = Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (rest.shift() ?? Number.NaN)));
  return [shaped(x, dims)];
};

/** Axis i of the result is axis `perm[i]` of x; without `perm` the axes are reversed. */
export const transpose: Operator = (call) => {
  const x = call.input(0);
  const perm = call.integers('perm') ?? x.dims.map((_, axis) => x.dims.length - 1 - axis);
  const dims = perm.map((axis) => at(x.dims, axis));
  return [
    generate(dims, (index) =>
      read(
        x,
        x.dims.map((_, axis) => at(index, perm.indexOf(axis))),
      ),
    ),
  ];
};

export const expand: Operator = (call) => {
  const x = call.input(0);
  return [generate(broadcastDims(x.dims, call.list(1) ?? []), (index) => readBroadcast(x, index))];
};

export const concat: Operator = (call) => {
  const parts = Array.from({ length: call.count }, (_, position) => call.input(position));
  const first = call.input(0).dims;
  const axis = axisOf(call.integer('axis', Number.NaN), first.length);
  const whole = parts.reduce((sum, { dims }) => sum + at(dims, axis), 0);
  const y = generate(first.with(axis, whole), (index) => {
    let i = at(index, axis);
    for (const part of parts) {
      if (i < at(part.dims, axis)) return read(part, index.with(axis, i));
      i -= at(part.dims, axis);
    }
    throw new RangeError(`Concat: no part has ${at(index, axis)}`);
  });
  return [y];
};

export const shape: Operator = (call) => {
  const { dims } = call.input(0);
  return [listOf(dims.slice(call.integer('start', 0), call.integer('end', dims.length)))];
};

export const constantOfShape: Operator = (call) => {
  const dims = call.list(0) ?? [];
  const value = call.tensor('value');
  const number = value === undefined ? 0 : Number(tensorData(value)[0]);
  return [generate(dims, () => number)];
};

export const range: Operator = (call) => {
  const [start, limit, step] = [0, 1, 2].map((position) => call.scalar(position, Number.NaN));
  const count = Math.max(0, Math.ceil(((limit ?? 0) - (start ?? 0)) / (step ?? 0)));
  return [listOf(Array.from({ length: count }, (_, i) => (start ?? 0) + i * (step ?? 0)))];
};
