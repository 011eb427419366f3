import type { CodedQuery } from './scan-words.ts';

/** A code of a query is `highUnit` times a coarse one, plus a rest of 8 bits. */
const highUnit = 256;
/** The rounding of a norm, many times over. */
const slack = 1 + 2 ** -40;

/**
 * Queries by coarse codes of 8 bits, whose products with rows cost half of those of their codes of 16: enough to tell of most rows that
 * they are too far. Their points are `scale * codes`, each with the norm of its error, the rests included.
 */
export interface CoarseQueries {
  readonly count: number;
  /** `int8[stride, queries]`. */
  readonly codes: Int8Array;
  readonly scales: Float64Array;
  /** The squared norms of the points. */
  readonly squares: Float64Array;
  /** No less than the norms of the errors. */
  readonly errors: Float64Array;
}

/** Returns queries, whose codes are from -32,639 to 32,639, by their coarse codes. */
export function coarsen(queries: readonly CodedQuery[], stride: number): CoarseQueries {
  const count = queries.length;
  const codes = new Int8Array(stride * count);
  const scales = new Float64Array(count);
  const squares = new Float64Array(count);
  const errors = new Float64Array(count);
  for (const [i, query] of queries.entries()) {
    let squared = 0;
    let rest = 0;
    for (let column = 0; column < query.codes.length; column++) {
      const code = query.codes[column] as number;
      const low = ((code + highUnit / 2) & (highUnit - 1)) - highUnit / 2;
      const high = (code - low) / highUnit;
      codes[column * count + i] = high;
      squared += high * high;
      rest += low * low;
    }
    const scale = highUnit * query.scale;
    scales[i] = scale;
    squares[i] = scale * scale * squared;
    errors[i] = (query.error + query.scale * Math.sqrt(rest)) * slack;
  }
  return { count, codes, scales, squares, errors };
}
