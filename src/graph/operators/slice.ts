import { check, inputAt } from '../checks.ts';
import { pad, reshape, slice } from '../functions/index.ts';
import type { Graph } from '../graph.ts';
import type { Operator } from '../operator.ts';
import { constantNumbers, fixedDim, fixedShape, type Value } from '../value.ts';

/** Adds zeros between the elements of an axis: `a b` becomes `a 0 b 0` for a step of 2. */
function spread(g: Graph, x: Value, axis: number, step: number): Value {
  if (step === 1) return x;
  const shape = fixedShape(x);
  const split = reshape(g, x, shape.toSpliced(axis + 1, 0, 1));
  const padded = pad(g, split, [{ axis: axis + 1, before: 0, after: step - 1 }]);
  return reshape(g, padded, shape.with(axis, fixedDim(x, axis) * step));
}

/** Puts the gradient of a slice back where its elements came from. */
function unslice(g: Graph, dy: Value, axis: number, start: number, step: number, size: number): Value {
  // A reversed slice is the slice from its other end, reversed.
  const first = step > 0 ? start : start + (fixedDim(dy, axis) - 1) * step;
  const forward = step > 0 ? dy : slice(g, dy, [{ axis, start: -1, end: Number.MIN_SAFE_INTEGER, step: -1 }]);
  const spaced = spread(g, forward, axis, Math.abs(step));
  const reach = Math.min(fixedDim(spaced, axis), size - first);
  const cut = reach === fixedDim(spaced, axis) ? spaced : slice(g, spaced, [{ axis, start: 0, end: reach }]);
  return pad(g, cut, [{ axis, before: first, after: size - first - reach }]);
}

/** Returns start and number of places along one axis of ONNX's Slice, with bounds clamped as its specification says. */
function placesOf(size: number, start: number, end: number, step: number): [start: number, count: number] {
  const absolute = (bound: number): number => (bound < 0 ? bound + size : bound);
  const clamp = (bound: number, low: number, high: number): number => Math.min(Math.max(bound, low), high);
  const down = step < 0;
  const from = clamp(absolute(start), 0, down ? size - 1 : size);
  const to = clamp(absolute(end), down ? -1 : 0, size);
  return [from, Math.max(0, Math.ceil((to - from) / step))];
}

interface Range {
  readonly axis: number;
  readonly start: number;
  readonly count: number;
  readonly step: number;
}

function rangesOf(inputs: readonly Value[]): Range[] {
  const x = inputAt(inputs, 0);
  const [starts = [], ends = [], axes = [], steps = []] = inputs.slice(1).map(constantNumbers);
  return axes.map((axis, i) => {
    const step = steps[i] ?? 1;
    const [start, count] = placesOf(fixedDim(x, axis), starts[i] ?? 0, ends[i] ?? 0, step);
    return { axis, start, count, step };
  });
}

/** Ranges of axes; the gradient is put back between zeros. */
export const sliceOperator: Operator = {
  infer(inputs) {
    const x = inputAt(inputs, 0);
    let shape = x.shape;
    for (const { axis, count } of rangesOf(inputs)) {
      check(count >= 1, `The range of axis ${axis} is empty.`);
      shape = shape.with(axis, count);
    }
    return { dataType: x.dataType, shape };
  },
  gradient(g, { inputs }, dy) {
    const x = inputAt(inputs, 0);
    const back = (value: Value, { axis, start, step }: Range): Value =>
      unslice(g, value, axis, start, step, fixedDim(x, axis));
    return [() => rangesOf(inputs).reduce(back, dy)];
  },
};
