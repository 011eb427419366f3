import type { Split } from '../sample.ts';

/** The number of pictures and labels of a split. */
export interface SplitCount {
  readonly split: Split;
  readonly images: number;
  /** Absent if it is not published. */
  readonly labels?: number;
}

/** A data set of the metric-learning literature. */
export type Benchmark = 'cub' | 'cars' | 'sop' | 'in-shop';

/** The published counts of complete copies. */
export type ExpectedCounts = Readonly<Record<Benchmark, readonly SplitCount[]>>;

/** The counts of Song et al. 2016 (CUB, Cars, SOP: classes split in halves) and Liu et al. 2016 (In-Shop). */
export const published: ExpectedCounts = {
  cub: [
    { split: 'train', images: 5864, labels: 100 },
    { split: 'test', images: 5924, labels: 100 },
  ],
  cars: [
    { split: 'train', images: 8054, labels: 98 },
    { split: 'test', images: 8131, labels: 98 },
  ],
  sop: [
    { split: 'train', images: 59_551, labels: 11_318 },
    { split: 'test', images: 60_502, labels: 11_316 },
  ],
  'in-shop': [
    { split: 'train', images: 25_882, labels: 3997 },
    { split: 'query', images: 14_218, labels: 3985 },
    { split: 'gallery', images: 12_612, labels: 3985 },
  ],
};
