import { z } from 'zod';
import { checkNumber, checkOneOf } from '../arguments.ts';
import { isMetric, largestRatio, type WeakNumbers, weakNumbers } from './weak.ts';

/** A number of a metric. */
interface MetricNumber {
  readonly description: string;
  readonly from?: number;
  readonly above?: number;
  readonly to: number;
  readonly default: number;
}

/** A metric: the vectors that it compares, and the way an index finds candidates under it. */
interface MetricDefinition {
  /** The distance in a few words. */
  readonly description: string;
  /** Its name for people. */
  readonly title: string;
  readonly vectors: 'numbers' | 'probabilities';
  /** The cost of scanning a number, beside one of cosine or L2, which a kernel compares in codes. */
  readonly scanCost: number;
  readonly index: {
    /** The distance of the graph: squared L2 or the inner product. */
    readonly space: 'l2' | 'ip';
    /** The points of the graph: the vectors, the vectors divided by their norm, or the roots of their numbers. */
    readonly points: 'raw' | 'unit' | 'root';
    /** Candidates of the graph per candidate that is wanted: the graph's order is not the metric's. */
    readonly overFetch: number;
  };
}

const numbers: Readonly<Record<keyof WeakNumbers, MetricNumber>> = {
  a: { description: 'a, at least b', above: 0, to: 1e6, default: 1 },
  b: { description: 'b', above: 0, to: 1, default: 0.8 },
  P: { description: 'the power P, at least 1e-6', from: 1e-6, to: 1, default: 0.5 },
};

/** The metrics, by name: the one table from which options, checks and messages follow. */
export const metrics = {
  cosine: {
    description: '1 - cosine, 0 to 2',
    title: 'cosine',
    vectors: 'numbers',
    scanCost: 1,
    index: { space: 'ip', points: 'unit', overFetch: 1 },
  },
  l2: {
    description: 'Euclidean distance',
    title: 'L2',
    vectors: 'numbers',
    scanCost: 1,
    index: { space: 'l2', points: 'raw', overFetch: 1 },
  },
  weak: {
    description: '-Σ log(1 - |p - q|) of softmax vectors',
    title: 'weak',
    vectors: 'probabilities',
    scanCost: 100,
    index: { space: 'l2', points: 'root', overFetch: 8 },
  },
  'weak-metric': {
    description: '-(1/P) Σ log(a - b |p - q|^P) + (C/P) log a of softmax vectors of C numbers',
    title: 'weak-metric',
    vectors: 'probabilities',
    scanCost: 100,
    index: { space: 'l2', points: 'root', overFetch: 16 },
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/**
 * A distance between vectors: `cosine` (1 - cos, 0..2), `l2` (Euclidean, not squared), or of vectors of probabilities
 * `weak` (-Σ log(1 - |p - q|)) or `weak-metric`, which has numbers of its own.
 */
export type Metric = keyof typeof metrics;

/** The names of the metrics. */
export const metricNames = Object.keys(metrics) as [Metric, ...Metric[]];

/** The name of each metric for people. */
export const metricTitles = Object.fromEntries(
  metricNames.map((name) => [name, metrics[name].title]),
) as Record<Metric, string>;

/** The definition of a metric. */
export const metricOf = (metric: Metric): MetricDefinition => metrics[metric];

const numberSchema = (name: keyof WeakNumbers) => {
  const { description, from, above, to, default: fallback } = numbers[name];
  const number = from === undefined ? z.number().gt(above ?? 0) : z.number().min(from);
  return number.max(to).optional().describe(`${description}. Default ${fallback}.`);
};

const metricOptions = z.strictObject({ a: numberSchema('a'), b: numberSchema('b'), P: numberSchema('P') });

/** The schema of `MetricOptions`. */
export const metricOptionsSchema = metricOptions.refine(
  ({ a = numbers.a.default, b = numbers.b.default }) => b <= a,
  'b must be at most a',
);

/** The schema of all the numbers of a metric, as they are stored. */
export const storedMetricOptions = metricOptions.required();

/** The numbers of `weak-metric`: 0 < b <= 1, b <= a <= 1e6, 1e-6 <= P <= 1. Default a 1, b 0.8, P 0.5, which make it a metric. */
export type MetricOptions = Readonly<z.infer<typeof metricOptionsSchema>>;

/** Computes the score of a distance, of which higher is better: cosine 1 - distance; every other metric 1 / (1 + distance). */
export const scoreOf = (metric: Metric, distance: number): number =>
  metric === 'cosine' ? 1 - distance : 1 / (1 + distance);

/** A metric with its numbers, if it has any. */
export interface MetricChoice {
  readonly metric: Metric;
  /** Of `weak-metric` only. */
  readonly metricOptions?: MetricOptions | undefined;
}

/** A metric with all its numbers, as it is stored. */
export interface SettledMetric {
  readonly metric: Metric;
  readonly metricOptions?: WeakNumbers;
}

/**
 * Checks a choice and fills in the defaults.
 * @throws TypeError for an unknown metric; RangeError for numbers out of range, or of a metric that has none.
 */
export function settleMetric({ metric, metricOptions }: MetricChoice): SettledMetric {
  checkOneOf('metric', metric, metricNames);
  if (metric !== 'weak-metric') {
    if (metricOptions !== undefined)
      throw new RangeError(`metricOptions must be left out with the metric ${metric}: weak-metric has them.`);
    return { metric };
  }
  const {
    a = numbers.a.default,
    b = numbers.b.default,
    P = numbers.P.default,
    ...others
  } = metricOptions ?? {};
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new RangeError(`metricOptions must have a, b and P only, not ${JSON.stringify(unknown)}.`);
  for (const [name, value] of Object.entries({ a, b, P }))
    checkNumber(`metricOptions.${name}`, value, numbers[name as keyof WeakNumbers]);
  if (b > a)
    throw new RangeError(
      `metricOptions.b must be at most a (${a}), not ${b}: a - b |p - q|^P must not be negative.`,
    );
  return { metric, metricOptions: { a, b, P } };
}

/** True if a choice is as `settleMetric` returns it: a file may be anybody's. */
export function isSettledMetric(choice: MetricChoice): boolean {
  try {
    return Object.keys(settleMetric(choice)).every((key) => choice[key as keyof MetricChoice] !== undefined);
  } catch {
    return false;
  }
}

/** The numbers with which a metric of probabilities is computed; undefined for another metric. */
export function weakNumbersOf(choice: MetricChoice): WeakNumbers | undefined {
  if (choice.metric === 'weak') return weakNumbers;
  return choice.metric === 'weak-metric' ? settleMetric(choice).metricOptions : undefined;
}

/** True if two choices are the same distance. */
export function isSameMetric(one: MetricChoice, other: MetricChoice): boolean {
  if (one.metric !== other.metric) return false;
  const own = weakNumbersOf(one);
  const others = weakNumbersOf(other);
  return own?.a === others?.a && own?.b === others?.b && own?.P === others?.P;
}

const round = (value: number): string => String(Number(value.toPrecision(4)));

/** Names a metric for people, with its numbers if it has any. */
export function nameMetric(choice: MetricChoice): string {
  const { metric, metricOptions } = settleMetric(choice);
  if (metricOptions === undefined) return metricTitles[metric];
  const { a, b, P } = metricOptions;
  return `${metricTitles[metric]} with a ${a}, b ${b}, P ${P}`;
}

/** Says in a sentence whether a metric of probabilities is one, and why; undefined for another metric. */
export function describeMetric(choice: MetricChoice): string | undefined {
  const weak = weakNumbersOf(choice);
  if (weak === undefined) return undefined;
  if (choice.metric === 'weak')
    return 'weak is no metric: the triangle inequality holds through one-hot vectors only.';
  const { a, b, P } = weak;
  const holds = isMetric(weak);
  return `${nameMetric(choice)} is ${holds ? 'a' : 'no'} metric: 2^(P+1) - 2^(2P) = ${round(largestRatio(P))} is ${holds ? 'not below' : 'below'} b/a = ${round(b / a)}.`;
}
