import { checkOneOf, checkWhole } from '../../arguments.ts';
import type { Metric } from '../../vectors/index.ts';
import { type HnswParameters, type IndexEngine, indexEngines } from './manifest.ts';

/**
 * The settings of an index that is given none. Measured at 100,000 vectors of 2,048 numbers (1,000 centres, noise of rank 32, cosine to the centre about 0.8), k 10,
 * hnswlib as it ships: ef 32 finds 98.9 % of the ten nearest in 1.1 ms, 64 all in 2.0 ms, 96 all in 2.9 ms, 128 all in
 * 3.8 ms; resident memory is 1.09 times the vectors. With only 2,000 vectors (two to a centre), 64 finds 92 %, 96
 * finds 97 %, 128 finds 99 %.
 */
export const hnswDefaults: HnswParameters & { readonly capacity: number } = {
  m: 16,
  efConstruction: 200,
  ef: 96,
  capacity: 1024,
};

/** A vector and its sequence number. */
export type Entry = readonly [sequence: number, vector: Float32Array];

/** Options of a new index. */
export interface HnswOptions {
  readonly metric: Metric;
  /** Default: the first that loads of usearch and hnswlib. */
  readonly engine?: IndexEngine | undefined;
  /** Numbers per vector. */
  readonly dimension: number;
  /** Expected number of vectors; the index grows beyond it by itself. Default 1,024. */
  readonly capacity?: number | undefined;
  /** Links per node, at least 2. Default 16. */
  readonly m?: number | undefined;
  /** Width of the search while building. Default 200. */
  readonly efConstruction?: number | undefined;
  /** Width of the search while querying. Default 96. */
  readonly ef?: number | undefined;
}

/** Checks options. @throws RangeError for one that is out of range; TypeError for an unknown engine. */
export function checkHnswOptions(options: HnswOptions): void {
  if (options.engine !== undefined) checkOneOf('engine', options.engine, indexEngines);
  for (const name of ['dimension', 'capacity', 'efConstruction', 'ef'] as const)
    if (options[name] !== undefined) checkWhole(name, options[name], { from: 1 });
  // The height of the graph grows with 1 / log(m).
  if (options.m !== undefined) checkWhole('m', options.m, { from: 2 });
}
