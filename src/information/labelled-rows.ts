import type { Matrix } from './matrix.ts';

/** Vectors, and the number of the label of each: 0 to `classes` - 1. */
export interface LabelledRows {
  readonly vectors: Matrix;
  readonly labels: Int32Array;
  readonly classes: number;
}
