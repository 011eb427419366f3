export { findCollection } from './create-collection.ts';
export { deleteItems, type Selection, selectedIds } from './delete-items.ts';
export type { EmbedderState } from './embedder-pool.ts';
export type * from './import-types.ts';
export { storeModel } from './model-store.ts';
export type { AddInput } from './prepare-item.ts';
export type { ReindexOptions, ReindexProgress } from './reindex.ts';
export { Retriever } from './retriever.ts';
export type * from './types.ts';
