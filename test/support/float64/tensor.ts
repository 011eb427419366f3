/** Numbers in row-major order. Integers and booleans (0 and 1) are held as float64 as well. */
export interface Tensor64 {
  readonly dims: number[];
  readonly data: Float64Array;
}

/** How many numbers a shape holds. */
export const sizeOf = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

/** The number at a position; an oracle must not read past an end unnoticed. */
export function at(list: ArrayLike<number>, position: number): number {
  const value = list[position];
  if (value === undefined) throw new RangeError(`no number ${position} among ${list.length}`);
  return value;
}

/** Visits the indices of a shape in row-major order. The array is the same each time: copy it to keep it. */
export function forEachIndex(
  dims: readonly number[],
  visit: (index: readonly number[], position: number) => void,
): void {
  const index = dims.map(() => 0);
  const size = sizeOf(dims);
  for (let position = 0; position < size; position += 1) {
    visit(index, position);
    for (let axis = dims.length - 1; axis >= 0; axis -= 1) {
      const next = at(index, axis) + 1;
      index[axis] = next < at(dims, axis) ? next : 0;
      if (index[axis] !== 0) break;
    }
  }
}

/** The tensor of a shape whose every number is a function of its index. */
export function generate(dims: readonly number[], numberAt: (index: readonly number[]) => number): Tensor64 {
  const data = new Float64Array(sizeOf(dims));
  forEachIndex(dims, (index, position) => {
    data[position] = numberAt(index);
  });
  return { dims: [...dims], data };
}

/** Where in the data an index lies. Throws a `RangeError` for one that is outside the shape. */
export function positionOf(dims: readonly number[], index: readonly number[]): number {
  if (dims.length !== index.length)
    throw new RangeError(`no index [${index}] in a tensor of shape [${dims}]`);
  let position = 0;
  for (let axis = 0; axis < dims.length; axis += 1) {
    const [dim, i] = [at(dims, axis), at(index, axis)];
    if (!(i >= 0 && i < dim)) throw new RangeError(`no index [${index}] in a tensor of shape [${dims}]`);
    position = position * dim + i;
  }
  return position;
}

/** The number at an index. */
export const read = (x: Tensor64, index: readonly number[]): number => at(x.data, positionOf(x.dims, index));

/** An axis counted from the end when negative. Throws a `RangeError` for one that is not there. */
export function axisOf(axis: number, rank: number): number {
  if (axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  throw new RangeError(`no axis ${axis} in rank ${rank}`);
}

/** The common shape of two by NumPy's rules. Throws a `RangeError` when they have none. */
export function broadcastDims(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [p, q] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    if (p !== q && p !== 1 && q !== 1) throw new RangeError(`[${a}] and [${b}] have no common shape`);
    return p === 1 ? q : p;
  });
}

/** The number that a tensor has at an index of a shape that it is broadcast to. */
export function readBroadcast(x: Tensor64, index: readonly number[]): number {
  const missing = index.length - x.dims.length;
  return read(
    x,
    x.dims.map((dim, axis) => (dim === 1 ? 0 : at(index, axis + missing))),
  );
}
