import {
  add,
  cast,
  div,
  equal,
  exp,
  fixedDim,
  GraphBuilder,
  greater,
  matMul,
  mul,
  neg,
  numberLike,
  reduceMax,
  reduceSum,
  reshape,
  scan,
  sqrt,
  sub,
  swapLast,
  transpose,
  type Value,
} from '../../graph/index.ts';

const wide = 'float64';

/** Eigenvalues below this share of the sum of all are rounding, and count as zero. */
const zero = 1e-12;

/** Places that an interval is cut into at once, and the times that it is: the last one is a 1e-9th of itself long. */
const cuts = 64;
const rounds = 6;

/** Larger than any eigenvalue: that of a matrix that has none besides zero. */
const none = 1e30;

const body = (): GraphBuilder => new GraphBuilder('turn');

/** Adds 1 where `a > b`, else 0. */
const isAbove = (g: GraphBuilder, a: Value, b: Value): Value => cast(g, greater(g, a, b), wide);

/** Adds `a / b`, and 0 where b is 0. */
function divideSafely(g: GraphBuilder, a: Value, b: Value): Value {
  const isZero = cast(g, equal(g, b, numberLike(g, b, 0)), wide);
  return mul(g, div(g, a, add(g, b, isZero)), sub(g, numberLike(g, b, 1), isZero));
}

/** Adds rows of `[T,n]` that are 1 where `isOne(turn, place)`. */
function selector(
  g: GraphBuilder,
  turns: number,
  n: number,
  isOne: (t: number, i: number) => boolean,
): Value {
  const data = Float64Array.from({ length: turns * n }, (_, at) => Number(isOne(Math.floor(at / n), at % n)));
  return g.constant('selector', wide, [turns, n], data);
}

/** One Householder reflection of symmetric matrices `[K,n,n]`: what is below the diagonal's neighbour in a column goes. */
function reflect(g: GraphBuilder, matrices: Value, [column, below, next]: readonly Value[]): Value {
  const K = fixedDim(matrices, 0);
  const n = fixedDim(matrices, 1);
  if (column === undefined || below === undefined || next === undefined)
    throw new TypeError('A turn lacks a row.');
  const x = mul(g, reduceSum(g, mul(g, matrices, column), [2], false), below);
  const first = reduceSum(g, mul(g, x, next), [1], true);
  const length = sqrt(g, reduceSum(g, mul(g, x, x), [1], true));
  const sign = sub(
    g,
    mul(g, isAbove(g, first, numberLike(g, first, 0)), numberLike(g, first, 2)),
    numberLike(g, first, 1),
  );
  const v = add(g, x, mul(g, mul(g, sign, length), next));
  const beta = divideSafely(g, numberLike(g, v, 2), reduceSum(g, mul(g, v, v), [1], true));
  const columnOf = (value: Value): Value => reshape(g, value, [K, n, 1]);
  const p = mul(g, reshape(g, matMul(g, matrices, columnOf(v)), [K, n]), beta);
  const half = mul(g, mul(g, beta, numberLike(g, beta, 0.5)), reduceSum(g, mul(g, v, p), [1], true));
  const w = sub(g, p, mul(g, half, v));
  const outer = matMul(g, columnOf(v), swapLast(g, columnOf(w)));
  return sub(g, matrices, add(g, outer, swapLast(g, outer)));
}

/** Symmetric matrices with three diagonals, as `[n,K,1]`: the diagonal, and the squares beside it, 0 in front. */
interface Tridiagonal {
  readonly diagonal: Value;
  readonly squares: Value;
}

/** Adds the matrices after a reflection for each column, which leave three diagonals; two rows have no more. */
function reflected(g: GraphBuilder, matrices: Value): Value {
  const n = fixedDim(matrices, 1);
  const turns = n - 2;
  if (turns < 1) return matrices;
  const sequences = [
    selector(g, turns, n, (t, i) => i === t),
    selector(g, turns, n, (t, i) => i > t),
    selector(g, turns, n, (t, i) => i === t + 1),
  ];
  const [result = matrices] = scan(
    g,
    body(),
    { states: [matrices], sequences },
    (turn, [state = matrices], elements) => [reflect(turn, state, elements)],
  );
  return result;
}

/** Adds matrices with three diagonals and the eigenvalues of `matrices: float64[K,n,n]`. */
function tridiagonal(g: GraphBuilder, matrices: Value): Tridiagonal {
  const K = fixedDim(matrices, 0);
  const n = fixedDim(matrices, 1);
  const reduced = reflected(g, matrices);
  const pick = (offset: number): Value => {
    const mask = selector(g, n, n, (row, at) => at === row + offset);
    return reshape(g, transpose(g, reduceSum(g, mul(g, reduced, mask), [2], false), [1, 0]), [n, K, 1]);
  };
  const beside = pick(-1);
  return { diagonal: pick(0), squares: mul(g, beside, beside) };
}

/** Adds how many eigenvalues of each matrix lie below each of `shifts: float64[K,S]` (Sturm's sequence): `[K,S]`. */
function countBelow(g: GraphBuilder, { diagonal, squares }: Tridiagonal, shifts: Value): Value {
  const K = fixedDim(shifts, 0);
  const S = fixedDim(shifts, 1);
  const filled = (value: number): Value =>
    add(g, mul(g, shifts, numberLike(g, shifts, 0)), numberLike(g, shifts, value));
  const states = [filled(1), filled(0), filled(0)].map((value, at) =>
    at === 2 ? add(g, value, shifts) : value,
  );
  const [, counts] = scan(g, body(), { states, sequences: [diagonal, squares] }, (turn, own, elements) => {
    const [last, count, at] = own as [Value, Value, Value];
    const [d, e] = elements as [Value, Value];
    const q = sub(turn, sub(turn, d, at), div(turn, e, last));
    // A quotient of zero would divide the next one.
    const isZero = cast(turn, equal(turn, q, numberLike(turn, q, 0)), wide);
    const safe = sub(turn, q, mul(turn, isZero, numberLike(turn, q, 1e-30)));
    return [safe, add(turn, count, isAbove(turn, numberLike(turn, q, 0), safe)), at];
  });
  if (counts === undefined) throw new TypeError(`There are no counts of ${K} x ${S}.`);
  return counts;
}

/**
 * Adds the smallest eigenvalue above zero of each of some symmetric matrices without negative ones, and of these the
 * smallest: `float64[]`; if there are none, `fallback`. Householder's reflections leave three diagonals, and Sturm's
 * sequences cut the interval of each eigenvalue, in logarithms, until it is a 1e-9th of itself long.
 *
 * @param matrices - `float64[K,n,n]`
 */
export function smallestEigenvalue(g: GraphBuilder, matrices: Value, fallback: number): Value {
  const K = fixedDim(matrices, 0);
  const n = fixedDim(matrices, 1);
  const eye = selector(g, n, n, (row, at) => row === at);
  const traces = reduceSum(g, mul(g, matrices, eye), [1, 2], true);
  const three = tridiagonal(g, divideSafely(g, matrices, traces));
  const column = (value: number): Value =>
    g.constant('column', wide, [K, 1], new Float64Array(K).fill(value));
  const before = countBelow(g, three, column(zero));
  const steps = g.constant(
    'steps',
    wide,
    [1, cuts],
    Float64Array.from({ length: cuts }, (_, at) => (at + 1) / cuts),
  );
  let low = column(Math.log(zero));
  // Twice the sum of all, so that the largest lies within.
  let length = Math.log(2 / zero);
  for (let round = 0; round < rounds; round += 1) {
    const shifts = exp(g, add(g, low, mul(g, steps, numberLike(g, low, length))));
    const counts = countBelow(g, three, shifts);
    const isBefore = sub(g, numberLike(g, counts, 1), isAbove(g, counts, before));
    const passed = reduceSum(g, isBefore, [1], true);
    length /= cuts;
    low = add(g, low, mul(g, passed, numberLike(g, low, length)));
  }
  const found = mul(g, exp(g, add(g, low, numberLike(g, low, length))), reshape(g, traces, [K, 1]));
  return smallestOf(
    g,
    found,
    sub(g, numberLike(g, before, 1), isAbove(g, numberLike(g, before, n - 0.5), before)),
    fallback,
  );
}

/** Adds the smallest of `[K,1]` among those that are not left out; `fallback` if all are. */
function smallestOf(g: GraphBuilder, found: Value, isLeftOut: Value, fallback: number): Value {
  const large = mul(g, isLeftOut, numberLike(g, found, none));
  const least = neg(g, reduceMax(g, neg(g, add(g, found, large)), [0, 1], false));
  const isNone = isAbove(g, least, numberLike(g, least, none / 2));
  const kept = mul(g, least, sub(g, numberLike(g, least, 1), isNone));
  return add(g, kept, mul(g, isNone, numberLike(g, least, fallback)));
}
