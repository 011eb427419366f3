export { findCollection } from './create-collection.ts';

export type { ImportReport, ImportSample } from './import-samples.ts';
export { storeModel } from './model-store.ts';
export type { AddInput } from './prepare-item.ts';

export { Retriever } from './retriever.ts';
export type * from './types.ts';
