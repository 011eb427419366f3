import { findIndexEngines } from '../../../src/gallery/ann/index-engines.ts';
import type { IndexEngine } from '../../../src/gallery/ann/manifest.ts';
import type { Metric } from '../../../src/vectors/index.ts';

/** The engines, and for each a reason to skip its tests where it does not load. */
export const enginesHere: readonly { readonly engine: IndexEngine; readonly skip: string | false }[] =
  findIndexEngines().map(({ engine, available, detail }) => ({ engine, skip: available ? false : detail }));

/** The reason to skip tests that need any engine. */
export const skipWithoutEngine: string | false = enginesHere.every(({ skip }) => skip !== false)
  ? 'no engine loads'
  : false;

/** Distances of a graph are this far from the truth at most, times the distance where it is above 1. */
export const toleranceOf = (engine: IndexEngine, metric: Metric): number =>
  engine === 'usearch' && metric !== 'l2' ? 2e-3 : 2e-6;
