import type { Labelled } from '../metrics/index.ts';
import type { Metric, MetricChoice, MetricOptions, NamedVectors, Ranking } from '../vectors/index.ts';

/** Vectors with their labels. Rows are in the order of their ids, which is the order of equal distances. */
export interface LabelledVectors extends NamedVectors, Labelled {}

export type { Metric, MetricChoice, MetricOptions, Ranking };
