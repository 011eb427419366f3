import { describeMetric } from '../../vectors/index.ts';
import type { MetricChoice } from '../types.ts';
import type { Convention } from './evaluation-schema.ts';

const shared = [
  'Recall@K is the share of queries with at least one gallery item of their label among the K nearest.',
  'The figures come from exact search. L2 is the true distance between raw embeddings; cosine distance is 1 - cosine.',
  'Equal distances are ranked by id; where a tie can change a figure, its bounds are given (relevant items first, relevant items last).',
  'Identical pictures are told by the SHA-256 of their files, or of their vectors where only these are known; figures are given with and without them.',
  'Intervals are 95 % percentile intervals of 1,000 bootstrap resamples of the queries.',
];

const conventions: Readonly<Record<Convention, readonly string[]>> = {
  'by-id': [
    'In self-retrieval the query itself leaves its ranking by id, whatever its place.',
    'Queries without a relevant item are counted and named; the headline leaves them out.',
  ],
  paper: [
    "In self-retrieval the first hit leaves the ranking, whatever it is (the convention of the seed paper's code).",
    "Queries without a relevant item count as misses (the convention of the seed paper's code).",
  ],
};

/** Returns the rules that a report follows, in sentences. */
export const rulesOf = (convention: Convention, choices: readonly MetricChoice[]): readonly string[] => [
  ...shared,
  ...choices.flatMap((choice) => describeMetric(choice) ?? []),
  ...conventions[convention],
];
