import type { Bench } from './bench.ts';
import { beside } from './parts/beside.ts';
import { build, replace, start } from './parts/build.ts';
import { exact } from './parts/exact.ts';
import { importVectors } from './parts/import.ts';
import { indexes } from './parts/indexes.ts';
import { pictures } from './parts/pictures.ts';
import { facets, filters, pages, throughput } from './parts/serving.ts';
import type { Part, PartName } from './results.ts';

const measures: { readonly [Name in PartName]: (bench: Bench) => Promise<Part<Name>> } = {
  build,
  start,
  exact,
  index: indexes,
  pages,
  facets,
  filters,
  throughput,
  beside,
  replace,
  import: importVectors,
  pictures,
};

/** Measures a part. @throws Error if the collection is not built yet. */
export const measurePart = <Name extends PartName>(name: Name, bench: Bench): Promise<Part<Name>> =>
  measures[name](bench);
