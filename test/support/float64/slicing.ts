import type { Operator } from './call.ts';
import { at, axisOf, generate, read } from './tensor.ts';

interface Places {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** ONNX's Slice along one axis: negative bounds count from the end, and what lies outside is clamped. */
function placesOf(size: number, start: number, end: number, step: number): Places {
  const absolute = (bound: number): number => (bound < 0 ? bound + size : bound);
  const clamped = (bound: number, low: number, high: number): number =>
    Math.min(Math.max(absolute(bound), low), high);
  // A walk up may start or end behind the last number, a walk down end before the first.
  const from = step > 0 ? clamped(start, 0, size) : clamped(start, 0, size - 1);
  const to = step > 0 ? clamped(end, 0, size) : clamped(end, -1, size - 1);
  return { start: from, step, count: Math.max(0, Math.ceil((to - from) / step)) };
}

export const slice: Operator = (call) => {
  const x = call.input(0);
  const [starts = [], ends = []] = [call.list(1), call.list(2)];
  const axes = (call.list(3) ?? starts.map((_, axis) => axis)).map((axis) => axisOf(axis, x.dims.length));
  const steps = call.list(4) ?? starts.map(() => 1);
  const places = x.dims.map((size, axis): Places => {
    const which = axes.indexOf(axis);
    if (which === -1) return { start: 0, step: 1, count: size };
    return placesOf(size, at(starts, which), at(ends, which), at(steps, which));
  });
  const dims = places.map(({ count }) => count);
  return [
    generate(dims, (index) =>
      read(
        x,
        places.map(({ start, step }, axis) => start + step * at(index, axis)),
      ),
    ),
  ];
};

/** `pads` is what comes before each axis, then what comes after each; negative numbers cut. */
export const pad: Operator = (call) => {
  const x = call.input(0);
  const pads = call.list(1) ?? [];
  const value = call.scalar(2, 0);
  const mode = call.string('mode', 'constant');
  if (mode !== 'constant') throw new Error(`Pad: the mode ${mode} is not known`);
  const rank = x.dims.length;
  const dims = x.dims.map((size, axis) => size + at(pads, axis) + at(pads, axis + rank));
  const y = generate(dims, (index) => {
    const from = index.map((i, axis) => i - at(pads, axis));
    const inside = from.every((i, axis) => i >= 0 && i < at(x.dims, axis));
    return inside ? read(x, from) : value;
  });
  return [y];
};
