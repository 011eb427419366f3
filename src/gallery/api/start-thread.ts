import { resolve } from 'node:path';
import { silentLogger } from '../../log.ts';
import { mainModule } from '../../main-module.ts';
import { WorkerThread } from '../../threads/index.ts';
import { defaultExactSearchLimits } from '../search/exact-search-limits.ts';
import {
  defaultIndexThreads,
  defaultMaxCollections,
  defaultOpenCollections,
  defaultScanThreads,
  type GalleryOptions,
} from './gallery-options.ts';
import type { GallerySetup, LogNotice, Operations } from './operations.ts';

const galleryScript = mainModule(import.meta.url, '../worker/worker');

/** Starts a gallery's thread and waits until the data folder is open. @throws SnapshelfError as `Gallery.open`. */
export async function startThread(
  directory: string,
  options: GalleryOptions,
): Promise<WorkerThread<Operations, LogNotice>> {
  const { log = silentLogger, readOnly = false, createIfMissing = true } = options;
  const { exactSearchLimits = defaultExactSearchLimits, script = galleryScript } = options;
  const { maxCollections = defaultMaxCollections, openCollections = defaultOpenCollections } = options;
  const { indexThreads = defaultIndexThreads(), scanThreads = defaultScanThreads() } = options;
  const data: GallerySetup = {
    directory: resolve(directory),
    readOnly,
    createIfMissing,
    exactSearchLimits,
    maxCollections,
    openCollections,
    indexEngine: options.indexEngine,
    indexThreads,
    storedPrecision: options.storedPrecision,
    scanThreads,
  };
  const { thread } = await WorkerThread.start<Operations, undefined, LogNotice>(script, {
    name: 'gallery',
    data,
    ended: 'The thread of the gallery has ended',
    advice: 'Everything that it had acknowledged is safe. Try again.',
    closed: 'The gallery was closed.',
    onNotice: ({ level, message, fields }) => log[level](message, fields),
    keepAlive: true,
  });
  return thread;
}
