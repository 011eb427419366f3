/** The protocols of the four data sets of the literature, and the two that they are made of. */
export const protocols = ['in-shop', 'sop', 'cub', 'cars', 'query-gallery', 'self'] as const;

/** One of `protocols`. In `self` each query is searched among all the others. */
export type Protocol = (typeof protocols)[number];

/** The K of Recall@K that each protocol is published with. */
export const defaultKs: Readonly<Record<Protocol, readonly number[]>> = {
  'in-shop': [1, 10, 20, 30, 40, 50],
  sop: [1, 10, 100, 1000],
  cub: [1, 2, 4, 8, 16, 32],
  cars: [1, 2, 4, 8, 16, 32],
  'query-gallery': [1, 10, 20, 30, 40, 50],
  self: [1, 2, 4, 8, 16, 32],
};
