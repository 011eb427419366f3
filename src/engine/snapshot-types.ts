import type { CollectionInfo } from './collection-types.ts';

/** A snapshot that was written. */
export interface SnapshotReport {
  /** Size of the file. */
  readonly bytes: number;
  /** Hex, of what is inside the file. */
  readonly sha256: string;
}

/** Progress of a restore. */
export interface RestoreProgress {
  /** Items that were checked and copied. */
  readonly done: number;
  /** Items that the snapshot says it has. */
  readonly total: number;
}

/** Options of `Gallery.restore`. A snapshot is given up when checking it exceeds one of the bounds. */
export interface RestoreOptions {
  /**
   * True keeps what EXIF and XMP of pictures say of the place where they were taken, as an earlier version may have stored it.
   * Default false: it is removed.
   */
  readonly keepGps?: boolean | undefined;
  /** Default: 120, and one more for every MiB of the file. */
  readonly maxSeconds?: number | undefined;
  /** Resident memory of the process, MiB. Default 1,024. Not watched on Windows. */
  readonly maxMegabytes?: number | undefined;
  readonly onProgress?: ((progress: RestoreProgress) => void) | undefined;
}

/** A collection that was restored. */
export interface RestoredCollection extends CollectionInfo {
  /** Pictures from which the place where they were taken was removed. */
  readonly placesRemoved: number;
}
