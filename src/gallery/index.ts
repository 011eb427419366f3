export { sqliteVersion } from './database.ts';
export { Gallery, type GalleryOptions } from './gallery.ts';
export { hnswAvailable } from './index/vector-index.ts';
export type * from './types.ts';
