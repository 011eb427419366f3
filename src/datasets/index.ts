export { pictureExtensions } from './folder.ts';
export { readSource } from './read-source.ts';
export type { Dataset, Json, Sample, Split } from './sample.ts';
