export {
  renameDurably,
  renameDurablySync,
  syncFolderSync,
  withDescriptor,
  writeAtomically,
  writeAtomicallySync,
} from './atomic.ts';
export { fileError } from './failures.ts';
export { type FileDigest, hashFile, hashFileSync, sha256 } from './hash.ts';
export { FolderLock, type FolderLockOptions, type LockHolder } from './lock.ts';
export {
  linesOf,
  openFile,
  readFileWithin,
  readInput,
  readSyncAt,
  readSyncInto,
  UnfitFile,
  withFileSync,
} from './read.ts';
