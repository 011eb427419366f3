export {
  type RestoreBackupOptions,
  type RestoreBackupProgress,
  type RestoredBackup,
  restoreBackup,
} from './backup/restore-backup.ts';
export {
  type BackupOptions,
  type BackupProgress,
  type BackupReport,
  type BackupSource,
  writeBackup,
} from './backup/write-backup.ts';
export { findCollection } from './create-collection.ts';
export type { EmbedderState } from './embedder-pool.ts';
export type { ImportOptions, ImportProgress, ImportReport, ImportSample } from './import-samples.ts';
export { storeModel } from './model-store.ts';
export type { AddInput } from './prepare-item.ts';
export type { ReindexOptions, ReindexProgress } from './reindex.ts';
export { Retriever } from './retriever.ts';
export type * from './types.ts';
