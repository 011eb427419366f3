import type { Engine } from '../engine.ts';
import { FolderRecords } from './folder-records.ts';
import type { Records } from './records.ts';

export { changeRecord } from './change-record.ts';
export { FolderRecords } from './folder-records.ts';
export { defaultLeaseMs, HeldLease } from './held-lease.ts';
export { MemoryRecords } from './memory-records.ts';
export { checkRecordPath, isEngineAway, leaseLost, recordChanged } from './record-errors.ts';
export type * from './records.ts';

/**
 * Returns the records of a server: those that the servers of its engine share, else the files of its data folder.
 */
export const recordsOf = (engine: Engine, data: string): Records => engine.records ?? new FolderRecords(data);
