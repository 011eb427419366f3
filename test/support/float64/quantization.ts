import type { Call, Operator } from './call.ts';
import { at, axisOf, generate, type Tensor64 } from './tensor.ts';

/** The number of a scale or zero point that belongs to an index: one for all, or one for each place of an axis. */
const ofIndex = (x: Tensor64, index: readonly number[], axis: number): number =>
  at(x.data, x.data.length === 1 ? 0 : at(index, axisOf(axis, index.length)));

function roundHalfEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
}

const parameters = (call: Call): { scale: Tensor64; zeroPoint: Tensor64; axis: number } => ({
  scale: call.input(1),
  zeroPoint: call.input(2),
  axis: call.integer('axis', 1),
});

/** To uint8, the only type that our graphs round to. */
export const quantizeLinear: Operator = (call) => {
  const x = call.input(0);
  const { scale, zeroPoint, axis } = parameters(call);
  let position = 0;
  const y = generate(x.dims, (index) => {
    const value = at(x.data, position++) / ofIndex(scale, index, axis);
    return Math.min(255, Math.max(0, roundHalfEven(value) + ofIndex(zeroPoint, index, axis)));
  });
  return [y];
};

export const dequantizeLinear: Operator = (call) => {
  const x = call.input(0);
  const { scale, zeroPoint, axis } = parameters(call);
  let position = 0;
  const y = generate(
    x.dims,
    (index) => (at(x.data, position++) - ofIndex(zeroPoint, index, axis)) * ofIndex(scale, index, axis),
  );
  return [y];
};
