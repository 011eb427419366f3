import type { Call, Operator } from './call.ts';
import { placesOf, tapAt, type Window, windowOf } from './convolution.ts';
import { at, forEachIndex, generate, positionOf, sizeOf, type Tensor64 } from './tensor.ts';

/** The positions in x of what a window sees at each place of the output, padding left out. */
function seenBy(x: Tensor64, window: Window, [n = 0, c = 0, oh = 0, ow = 0]: readonly number[]): number[] {
  const [, , height = 0, width = 0] = x.dims;
  const positions: number[] = [];
  forEachIndex(window.kernel, ([i = 0, j = 0]) => {
    const [h, w] = [tapAt(window, 0, oh, i), tapAt(window, 1, ow, j)];
    if (h >= 0 && h < height && w >= 0 && w < width) positions.push(positionOf(x.dims, [n, c, h, w]));
  });
  if (positions.length === 0) throw new Error('a window of a pooling sees nothing but padding');
  return positions;
}

function pooledDims(x: Tensor64, window: Window): number[] {
  const [batch = 0, channels = 0, height = 0, width = 0] = x.dims;
  return [batch, channels, placesOf(window, height, 0), placesOf(window, width, 1)];
}

/** Throws where an attribute asks for what is not computed here. */
function demandZero(call: Call, name: string): void {
  if (call.integer(name, 0) !== 0) throw new Error(`${call.node.opType}: only ${name} 0 is known`);
}

/** The largest numbers and where in the whole of x they lie, the first of equal ones. */
export const maxPool: Operator = (call) => {
  const x = call.input(0);
  const window = windowOf(call);
  demandZero(call, 'storage_order');
  demandZero(call, 'ceil_mode');
  const larger = (a: number, b: number): number => (at(x.data, b) > at(x.data, a) ? b : a);
  const indices = generate(pooledDims(x, window), (place) => seenBy(x, window, place).reduce(larger));
  return [{ dims: [...indices.dims], data: indices.data.map((position) => at(x.data, position)) }, indices];
};

export const averagePool: Operator = (call) => {
  const x = call.input(0);
  const window = windowOf(call);
  const countPads = call.integer('count_include_pad', 0) === 1;
  demandZero(call, 'ceil_mode');
  const y = generate(pooledDims(x, window), (place) => {
    const seen = seenBy(x, window, place);
    const sum = seen.reduce((total, position) => total + at(x.data, position), 0);
    return sum / (countPads ? sizeOf(window.kernel) : seen.length);
  });
  return [y];
};

export const globalAveragePool: Operator = (call) => {
  const x = call.input(0);
  const [batch = 0, channels = 0, ...sizes] = x.dims;
  const count = sizeOf(sizes);
  const y = generate([batch, channels, ...sizes.map(() => 1)], ([n = 0, c = 0]) => {
    const first = (n * channels + c) * count;
    return x.data.subarray(first, first + count).reduce((sum, value) => sum + value, 0) / count;
  });
  return [y];
};
