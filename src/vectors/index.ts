export * from './check-vector.ts';
export * from './distance.ts';
export * from './matrix.ts';
export * from './metric.ts';
export type * from './neighbour.ts';
export * from './probabilities.ts';
export * from './ranking.ts';
export * from './top-k.ts';
export * from './weak.ts';
