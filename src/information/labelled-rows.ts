import type { Matrix } from './matrix.ts';

/** A distance between the rows of these numbers. */
export type RowDistance = (i: number, j: number) => number;

/** Vectors, and the number of the label of each: 0 to `classes` - 1. */
export interface LabelledRows {
  readonly vectors: Matrix;
  readonly labels: Int32Array;
  readonly classes: number;
  /** The distance of two rows; undefined: Euclidean. */
  readonly distance?: RowDistance | undefined;
}
