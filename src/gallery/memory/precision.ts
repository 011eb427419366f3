/** The precisions in which vectors may stand in memory. */
export const precisions = ['float32', 'int8'] as const;

/**
 * The precision in which a collection's vectors stand in memory. Beside codes of int8, by which searches choose candidates,
 * `float32` keeps the vectors, of which distances are computed: 5 bytes per number. With `int8` these are read from the database:
 * 1 byte per number, and some more milliseconds per search. The answers are the same.
 */
export type StoredPrecision = (typeof precisions)[number];
