export { invalidVector } from './check-vectors.ts';
export { type KnnOptions, knn } from './knn.ts';
