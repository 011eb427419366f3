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
export type { CalibrateOptions, CalibrationProgress } from './calibration/calibrate-collection.ts';
export type { CalibrationReport } from './calibration/calibration-report.ts';
export type { CalibrationInfo, Misfit } from './calibration/calibrations.ts';
export type { CompareOptions, PictureComparison, PictureQuery } from './compare.ts';
export { findCollection } from './create-collection.ts';
export { deleteItems, type Selection, selectedIds } from './delete-items.ts';
export type {
  CollectionDuplicates,
  DuplicatesProgress,
  FindDuplicatesOptions,
} from './duplicates/collection-duplicates.ts';
export type { Duplicate, DuplicatesAnswer, DuplicatesOptions } from './duplicates/duplicates-of.ts';
export type { GroupMember } from './duplicates/group-members.ts';
export type { EmbedderState } from './embedder-pool.ts';
export type { ExplainQuery, HeatMap, MatchExplanation } from './explain-match.ts';
export { HeldModels } from './held-models.ts';
export { checkJob } from './import-together.ts';
export type * from './import-types.ts';
export { carryModel } from './migrate/carry-model.ts';
export { type MigrationReport, migrateCollection } from './migrate/migrate-collection.ts';
export { storeModel } from './model-store.ts';
export { openRecords } from './open-records.ts';
export type { AddInput } from './prepare-item.ts';
export type * from './ranking/ranking-types.ts';
export type { ReindexOptions, ReindexProgress } from './reindex.ts';
export { Retriever } from './retriever.ts';
export type * from './types.ts';
export type { AddedVectors, AddVectorsOptions, VectorRows } from './vectors/add-vectors.ts';
export type { ExportVectorsOptions, VectorExport } from './vectors/export-vectors.ts';
export type {
  FailedRow,
  ImportVectorsOptions,
  VectorItemFiles,
  VectorReport,
} from './vectors/import-vectors.ts';
export type { BadLine, VectorItem } from './vectors/vector-items.ts';
