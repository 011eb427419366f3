/**
 * A collection that was measured: items, numbers of a vector, bytes of memory, bytes on disk, processor seconds of the import with
 * its index, processor microseconds of a search in the engine, and those of a search in a Snapshelf server in front of it.
 */
export type SizePoint = readonly [
  items: number,
  dimension: number,
  memoryBytes: number,
  diskBytes: number,
  buildSeconds: number,
  queryMicros: number,
  serverMicros: number,
];

/** The measurements of an engine. The last point is the check, which nothing is fitted to. */
export interface EngineFigures {
  readonly engine: string;
  /**
   * The machines that a collection may lie on: `one`; `copies`, each of them whole, of which one answers searches; `parts`, each in
   * several copies.
   */
  readonly spread: 'one' | 'copies' | 'parts';
  /** Cores of a machine that an import with its index keeps busy at most; undefined: all. */
  readonly buildCores?: number | undefined;
  /** The longest vectors that it takes; undefined: as long as any collection's. */
  readonly maxDimension?: number | undefined;
  readonly measuredOn: string;
  readonly points: readonly SizePoint[];
}

/** The engines, in the order in which they come into question. Written by scripts/scale-figures.mjs but for the words. */
export const engineFigures: readonly EngineFigures[] = [
  {
    engine: 'embedded',
    spread: 'one',
    buildCores: 1,
    measuredOn: '2026-11-27, Intel Xeon with AVX-512, two cores busy with other work, HNSW at its defaults',
    // biome-ignore format: a line for each point
    points: [
    // embedded: written by scripts/scale-figures.mjs
      [10000, 256, 146407424, 26238976, 2.96, 1368, 0],
      [20000, 128, 162230272, 27480064, 5.36, 1494, 0],
      [20000, 512, 217124864, 113213440, 8.03, 1706, 0],
      [40000, 256, 237780992, 92344320, 13.46, 1573, 0],
      [160000, 256, 477802496, 568369152, 108.88, 2457, 0],
    // end
    ],
  },
  {
    engine: 'postgres',
    spread: 'copies',
    // The server's max_parallel_maintenance_workers is 2, beside the one that leads them.
    buildCores: 3,
    maxDimension: 4000,
    measuredOn:
      '2026-11-27, Postgres 18.6 with pgvector 0.8.6, Intel Xeon with AVX-512, two cores busy with other work',
    // biome-ignore format: a line for each point
    points: [
    // postgres: written by scripts/scale-figures.mjs
      [10000, 256, 29597696, 29597696, 6.87, 5350, 3448],
      [20000, 128, 36356096, 36356096, 11.66, 4050, 1958],
      [20000, 512, 117252096, 117252096, 21.97, 5550, 2806],
      [40000, 256, 117063680, 117063680, 40.3, 5050, 2181],
      [160000, 256, 463413248, 463413248, 260.25, 6450, 2473],
    // end
    ],
  },
  {
    engine: 'weaviate',
    spread: 'parts',
    measuredOn:
      '2026-11-27, Weaviate 1.39.0, one node, AMD EPYC with AVX-512, two cores busy with other work',
    // biome-ignore format: a line for each point
    points: [
    // weaviate: written by scripts/scale-figures.mjs
      [2500, 256, 10244224, 15667200, 4.51, 1700, 2235],
      [5000, 128, 11619840, 23826432, 8.41, 2000, 2402],
      [5000, 512, 26887120, 31506432, 8.99, 2100, 2647],
      [10000, 256, 29529280, 47722496, 18.26, 2100, 2640],
      [40000, 256, 106062192, 177041408, 95.76, 4150, 3824],
    // end
    ],
  },
];

/** Pictures embedded a second by a model on a kind of hardware: by so many cores, or by one card. */
export interface EmbeddingFigure {
  readonly model: string;
  readonly hardware: string;
  readonly cores?: number | undefined;
  readonly imagesPerSecond: number;
}

/** Decoded pictures in, features out; those of processors at batch 8 (docs/figures.md), those of the GPU at batch 64 (docs/cuda.md). */
export const embeddingFigures: readonly EmbeddingFigure[] = [
  { model: 'lite0-int8', hardware: 'avx512-vnni', cores: 2, imagesPerSecond: 441 },
  { model: 'lite0', hardware: 'avx512-vnni', cores: 2, imagesPerSecond: 176 },
  { model: 'resnet50-int8', hardware: 'avx512-vnni', cores: 2, imagesPerSecond: 88 },
  { model: 'resnet50', hardware: 'avx512-vnni', cores: 2, imagesPerSecond: 25 },
  { model: 'lite0-int8', hardware: 'avx2', cores: 2, imagesPerSecond: 181 },
  { model: 'lite0', hardware: 'avx2', cores: 2, imagesPerSecond: 179 },
  { model: 'resnet50-int8', hardware: 'avx2', cores: 2, imagesPerSecond: 28.8 },
  { model: 'resnet50', hardware: 'avx2', cores: 2, imagesPerSecond: 21.3 },
  { model: 'lite0', hardware: 'h100', imagesPerSecond: 9177 },
  { model: 'resnet50', hardware: 'h100', imagesPerSecond: 5797 },
];
