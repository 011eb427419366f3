import { type Engine, recordsOf } from '../engine/index.ts';
import { type EngineOptions, openPictureStore, withPictureStore } from '../engines/index.ts';
import { SnapshelfError } from '../errors.ts';
import { Gallery, type GalleryOptions } from '../gallery/index.ts';
import { type ImportReport, openRecords, Retriever, type RetrieverOptions } from '../retrieval/index.ts';
// Not from the room's index, which has only its public exports.
import { type Answer, type Given, type KeyOperations, performOnKeys } from '../server/keys/key-operations.ts';
import { Keys } from '../server/keys/keys.ts';
import { audited } from '../server/local/audit-calls.ts';
import { forgetCollection } from '../server/startup/forget-collection.ts';
import { version } from '../version.ts';
import { openNoted, sharedAudit } from './noted-engine.ts';
import { plain } from './run.ts';
import { type RunningServer, runningServer } from './running-server.ts';
import { ServerCalls } from './server-calls.ts';

const isLocked = (error: unknown): error is SnapshelfError =>
  error instanceof SnapshelfError && error.code === 'gallery-locked';

/** Returns the error for a folder that another process has open which commands cannot work through. */
const unreachable = (locked: SnapshelfError, why: string): SnapshelfError =>
  new SnapshelfError('gallery-locked', `${locked.message} ${why}`, {
    cause: locked,
    details: locked.details,
  });

/** Finds the server that has a locked data folder open. @throws SnapshelfError `gallery-locked`, with the reason. */
async function reachServer(data: string, locked: SnapshelfError): Promise<ServerCalls> {
  const server = await runningServer(data).catch((error: Error) => {
    throw unreachable(locked, error.message);
  });
  if (server === undefined) throw locked;
  const calls = new ServerCalls(server);
  if (!(await calls.isThere())) {
    await calls.close();
    throw unreachable(
      locked,
      `The server of its server.json, ${server.url}, does not answer: it is starting, has been killed, or runs elsewhere (in a container?).`,
    );
  }
  if (server.version === version) return calls;
  await calls.close();
  throw unreachable(
    locked,
    `The server has version ${server.version} of Snapshelf, and this command ${version}: restart the server.`,
  );
}

/** Tries to open a data folder; while a server has it open, returns the way to that server. */
async function openOrReach<T>(data: string, open: () => Promise<T>): Promise<T | ServerCalls> {
  try {
    return await open();
  } catch (error) {
    if (!isLocked(error)) throw error;
    const calls = await reachServer(data, error);
    process.stderr.write(plain(`the server at ${calls.server.url} has ${data} open: working through it\n`));
    return calls;
  }
}

/**
 * Opens the gallery of a data folder to write: alone, or through the server that has it open.
 * @throws SnapshelfError as `Gallery.open`; `gallery-locked` if another process has the folder open and takes no commands.
 */
export async function openGallery(data: string, options: EngineOptions = {}): Promise<Engine> {
  if (options.engine !== undefined) return openNoted(data, options);
  const { pictureStore, ...rest } = options;
  // First, so that a mistake in its address makes no folder.
  const store = await openPictureStore(pictureStore);
  try {
    return withPictureStore((await openAnyGallery(data, rest)).gallery, store);
  } catch (error) {
    store?.close();
    throw error;
  }
}

async function openAnyGallery(
  data: string,
  options: GalleryOptions,
): Promise<{ readonly gallery: Gallery; readonly isAlone: boolean }> {
  const opened = await openOrReach(data, () => Gallery.open(data, options));
  if (opened instanceof Gallery) return { gallery: opened, isAlone: true };
  return { gallery: await Gallery.open(data, { ...options, calls: opened }), isAlone: false };
}

/**
 * Removes a collection with all that is kept of it: alone, or through the server that has the data folder open.
 * @throws SnapshelfError as `openGallery` and `Gallery.drop`.
 */
export async function dropCollection(data: string, name: string, options: EngineOptions): Promise<void> {
  if (options.engine !== undefined) {
    await using engine = await openNoted(data, options);
    await engine.drop(name);
    await forgetCollection(data, name, recordsOf(engine, data));
    return;
  }
  const { pictureStore, ...rest } = options;
  const store = await openPictureStore(pictureStore);
  const opened = await openAnyGallery(data, rest);
  const gallery = withPictureStore(opened.gallery, store);
  try {
    await gallery.drop(name);
    // A server does it itself.
    if (opened.isAlone) await forgetCollection(data, name);
  } finally {
    await gallery.close();
  }
}

/**
 * Opens a data folder to add pictures: alone, or through the server that has it open. Pictures are read and embedded here.
 * @throws SnapshelfError as `Retriever.open`; `gallery-locked` if another process has the folder open and takes no commands.
 */
export async function openRetriever(data: string, options: RetrieverOptions = {}): Promise<Retriever> {
  const gallery = await openGallery(data, {
    engine: options.engine,
    pictureStore: options.pictureStore,
    indexThreads: options.indexThreads,
    scanThreads: options.scanThreads,
    log: options.log,
  });
  try {
    return await Retriever.open(data, { ...options, gallery });
  } catch (error) {
    await gallery.close();
    throw error;
  }
}

/** Tells the server that has the folder of a retriever open, if any, that an import is over: it sends webhooks. */
export async function tellImport(
  { gallery }: Retriever,
  collection: string,
  { added, replaced, updated, unchanged, removed, failed }: ImportReport,
): Promise<void> {
  if (!(gallery instanceof Gallery && gallery.calls instanceof ServerCalls)) return;
  await gallery.calls
    .tellImport({
      collection,
      added,
      replaced: replaced.count + updated.count,
      unchanged,
      removed: removed.count,
      failed: failed.length,
    })
    .catch((error: Error) => {
      process.stderr.write(plain(`warning: webhooks were not told of the import: ${error.message}\n`));
    });
}

/** Performs operations on the keys of a data folder. */
export interface KeyCalls {
  call<K extends keyof KeyOperations>(operation: K, given: Given<K>): Promise<Answer<K>>;
  close(): Promise<void>;
}

/** Performs operations on keys that `open` gives, and closes them with what they are kept in. */
async function keysWithin(opened: { close(): Promise<void> }, open: () => Promise<Keys>): Promise<KeyCalls> {
  const keys = await open().catch(async (error: unknown) => {
    await opened.close();
    throw error;
  });
  const close = async (): Promise<void> => {
    await keys.close();
    await opened.close();
  };
  return { call: (operation, given) => performOnKeys(keys, operation, given), close };
}

/**
 * Opens the keys of a data folder: alone, or through the server that has it open, which obeys a change at once. Those of an engine it
 * opens beside the servers, which see a change within a second.
 * @throws SnapshelfError as `openGallery`; `keys-invalid`.
 */
export async function openKeys(data: string, { engine, ...options }: EngineOptions = {}): Promise<KeyCalls> {
  if (engine !== undefined) {
    const shared = await openRecords(data, { engine });
    const audit = sharedAudit(shared.records);
    const close = async (): Promise<void> => {
      await audit.close();
      await shared.close();
    };
    const keys = await keysWithin({ close }, () => Keys.open(shared.records));
    return {
      close: () => keys.close(),
      call: (operation, given) =>
        audited(audit, operation, given, () => keys.call(operation, given)) as ReturnType<typeof keys.call>,
    };
  }
  const opened = await openOrReach(data, () => Gallery.open(data, options));
  return opened instanceof Gallery
    ? keysWithin(opened, () => Keys.open(data))
    : { call: (operation, given) => opened.callKeys(operation, given), close: () => opened.close() };
}

/**
 * Opens a data folder alone, or returns the server that has it open, for work that the server does itself.
 * @throws SnapshelfError as `openRetriever`.
 */
export async function openOrServer(
  data: string,
  options: RetrieverOptions,
): Promise<Retriever | RunningServer> {
  const opened = await openOrReach(data, () => Retriever.open(data, options));
  if (opened instanceof Retriever) return opened;
  await opened.close();
  return opened.server;
}
