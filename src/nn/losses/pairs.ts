import {
  add,
  cast,
  concat,
  div,
  equal,
  fixedDim,
  type GraphBuilder,
  greater,
  l2Normalize,
  logSumExp,
  matMul,
  mul,
  numberLike,
  reduceSum,
  reshape,
  sqrt,
  sub,
  swapLast,
  type Value,
} from '../../graph/index.ts';

/**
 * The pairs of a batch are computed in float64: differences of near vectors, and logarithms of sums whose exponents are
 * large, keep no digits in float32. It is a matrix of N x N, so that a step takes no longer.
 */
const wide = 'float64';

/** The number a term is given where it must not count in a maximum or a sum of powers. */
const never = 1e30;

/** Adds the embeddings in float64, of length 1 if asked. */
export function widened(g: GraphBuilder, embedding: Value, isUnit = false): Value {
  const x = cast(g, embedding, wide);
  return isUnit ? l2Normalize(g, x) : x;
}

/** Adds what was computed in float64 in float32. */
export const narrowed = (g: GraphBuilder, loss: Value): Value => cast(g, loss, 'float32');

/** The pairs (i, j) of a batch as matrices of ones and zeros, `float64[N,N]`. */
export interface Pairs {
  /** The number of pictures, N. */
  readonly count: number;
  /** One where the labels are equal, j = i included. */
  readonly same: Value;
  /** One where the labels are equal and j is another picture. */
  readonly positive: Value;
  /** One where the labels differ. */
  readonly negative: Value;
}

/** Adds the matrices of the pairs of a batch from its class numbers, `int64[N]`. */
export function pairsOf(g: GraphBuilder, labels: Value): Pairs {
  const count = fixedDim(labels, 0);
  const column = reshape(g, labels, [count, 1]);
  const same = cast(g, equal(g, column, reshape(g, labels, [1, count])), wide);
  const eye = identity(g, count);
  return {
    count,
    same,
    positive: sub(g, same, eye),
    negative: sub(g, numberLike(g, same, 1), same),
  };
}

function identity(g: GraphBuilder, count: number): Value {
  const data = Float64Array.from({ length: count * count }, (_, at) => Number(at % (count + 1) === 0));
  return g.constant('eye', wide, [count, count], data);
}

/** Adds the products of all pairs of rows of `x: float64[N,D]`; with rows of length 1, the cosines. */
export const products = (g: GraphBuilder, x: Value): Value => matMul(g, x, swapLast(g, x));

/** The distances of all pairs of rows, `float64[N,N]`. */
export interface Distances {
  readonly squared: Value;
  readonly distance: Value;
}

/** Squared distances of less than this share of the squared lengths are rounding, and count as 0. */
const rounding = 1e-12;

/**
 * Adds the Euclidean distances of all pairs of rows of `x: float64[N,D]` by one product of matrices. A distance of 0 has
 * a gradient of 0, as in PyTorch's `cdist`.
 */
export function distances(g: GraphBuilder, x: Value): Distances {
  const gram = products(g, x);
  const count = fixedDim(gram, 0);
  const lengths = reduceSum(g, mul(g, gram, identity(g, count)), [1], true);
  const both = add(g, lengths, swapLast(g, lengths));
  const raw = sub(g, both, mul(g, gram, numberLike(g, gram, 2)));
  const isApart = cast(g, greater(g, raw, mul(g, both, numberLike(g, both, rounding))), wide);
  const squared = mul(g, raw, isApart);
  // The root of 1 instead of 0: its slope is finite, and then multiplied by 0.
  const safe = add(g, squared, sub(g, numberLike(g, isApart, 1), isApart));
  return { squared, distance: mul(g, sqrt(g, safe), isApart) };
}

/** Adds `x` where `mask` is 1, and a number below all others where it is 0. */
export function onlyWhere(g: GraphBuilder, mask: Value, x: Value): Value {
  const low = mul(g, sub(g, mask, numberLike(g, mask, 1)), numberLike(g, mask, never));
  return add(g, mul(g, x, mask), low);
}

/** Adds `log(1 + sum_j e^x_ij)` over the j where `mask` is 1: `float64[N,1]`, 0 for a row without any. */
export function logOnePlusSum(g: GraphBuilder, mask: Value, x: Value): Value {
  const count = fixedDim(x, 0);
  const zero = g.constant('zeros', wide, [count, 1], new Float64Array(count));
  return logSumExp(g, concat(g, [onlyWhere(g, mask, x), zero], 1), 1);
}

/** Adds 1 for every row of a mask that has a 1, else 0: `float64[N,1]`. */
export function hasAny(g: GraphBuilder, mask: Value): Value {
  return isAboveZero(g, reduceSum(g, mask, [1], true));
}

/** Adds 1 for every number above 0, else 0. */
export const isAboveZero = (g: GraphBuilder, x: Value): Value =>
  cast(g, greater(g, x, numberLike(g, x, 0)), x.dataType);

/** Adds the mean of the numbers where `mask` is 1, a number; 0 if it is 1 nowhere. */
export function meanWhere(g: GraphBuilder, x: Value, mask: Value): Value {
  const total = (one: Value): Value => reduceSum(g, one, [...one.shape.keys()], false);
  const count = total(mask);
  const none = sub(g, numberLike(g, count, 1), isAboveZero(g, count));
  return div(g, total(mul(g, x, mask)), add(g, count, none));
}

/** Adds the sum of all numbers divided by N. */
export const perPicture = (g: GraphBuilder, x: Value, count: number): Value => {
  const sum = reduceSum(g, x, [...x.shape.keys()], false);
  return div(g, sum, numberLike(g, sum, count));
};
