export {
  removeAbandoned,
  renameDurably,
  renameDurablySync,
  writeAtomically,
  writeAtomicallySync,
  writeInParts,
} from './atomic.ts';
export { accessProblem, fileError, isWritable, readError } from './failures.ts';
export { makeFolder, makeFolderSync, syncFolderSync, withDescriptor } from './folder.ts';
export { GrowingFile } from './growing-file.ts';
export { type FileDigest, hashFile, hashFileSync, readHashed, sha256 } from './hash.ts';
export { largestFileBytes } from './largest-file.ts';
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
export { sqliteCodeOf, sqliteCodes } from './sqlite-code.ts';
