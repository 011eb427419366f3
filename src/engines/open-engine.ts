import { mkdir } from 'node:fs/promises';
import { type Engine, refuseUndeclared } from '../engine/index.ts';
import { Gallery, type GalleryOptions } from '../gallery/index.ts';
import { type SweepOptions, type SweptCollection, sweepPictures } from './pictures/sweep-pictures.ts';
import { openPictureStore, withPictureStore } from './pictures/with-picture-store.ts';

/** Options of `openEngine`. */
export interface EngineOptions extends GalleryOptions {
  /** The URL of an engine that keeps the collections in the place of the data folder. Default: the data folder keeps them. */
  readonly engine?: string | undefined;
  /**
   * The place of pictures: `engine`, with the items, or an S3 bucket, `s3://bucket/prefix`, with its keys in the environment
   * (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`). Default: `engine`.
   */
  readonly pictureStore?: string | undefined;
}

/** The options that every engine behind a URL is opened with. */
export type RemoteOptions = Pick<GalleryOptions, 'log' | 'readOnly' | 'maxCollections'>;

/** Opens the engine of a URL. Its room, and the client that it needs, are loaded only here. */
type OpenRemote = (url: string, options: RemoteOptions) => Promise<Engine>;

const openPostgres: OpenRemote = async (url, options) =>
  (await import('./postgres/postgres-engine.ts')).PostgresEngine.open(url, options);

/** The engines behind URLs, by scheme. A further engine is a further row. */
const remotes: Readonly<Record<string, OpenRemote>> = {
  postgres: openPostgres,
  postgresql: openPostgres,
  weaviate: async (url, options) => (await import('./weaviate/index.ts')).openWeaviate(url, options),
};

/** Hides what a URL may hold of a password. */
const shownUrl = (text: string): string => text.replace(/\/\/[^/@]*@/, '//...@').slice(0, 200);

async function openRemote(text: string, options: EngineOptions): Promise<Engine> {
  const scheme = /^([a-z]+):\/\//.exec(text)?.[1] ?? '';
  const open = Object.hasOwn(remotes, scheme) ? remotes[scheme] : undefined;
  if (open === undefined)
    throw new RangeError(
      `engine must be a URL that begins with ${Object.keys(remotes).join(':// or ')}://, not ${JSON.stringify(shownUrl(text))}.`,
    );
  return open(text, options);
}

async function openPlain(data: string, { engine, ...options }: EngineOptions): Promise<Engine> {
  if (engine === undefined) return Gallery.open(data, options);
  if (options.readOnly !== true) await mkdir(data, { recursive: true });
  return openRemote(engine, options);
}

/**
 * Opens the engine that keeps the collections, the embedded one of a data folder or one behind a URL: the one place that chooses.
 * @throws SnapshelfError as `Gallery.open`; of an engine behind a URL `engine-not-installed`, `engine-unavailable`; of a picture store
 * `picture-store-unavailable`, `engine-not-installed`; RangeError for a URL of no engine or store.
 */
export async function openEngine(
  data: string,
  { pictureStore, ...options }: EngineOptions = {},
): Promise<Engine> {
  // First, so that a mistake in its address makes no folder.
  const store = await openPictureStore(pictureStore);
  try {
    return refuseUndeclared(withPictureStore(await openPlain(data, options), store));
  } catch (error) {
    store?.close();
    throw error;
  }
}

/** Options of `checkPictures`. */
export interface CheckPicturesOptions extends SweepOptions {
  /** See `EngineOptions.engine`. */
  readonly engine?: string | undefined;
  /** The address of the store. */
  readonly pictureStore: string;
}

/**
 * Compares the collections whose pictures are in a store with what is there; see `sweepPictures`. None for the store `engine`.
 * @throws SnapshelfError as `openEngine` and `sweepPictures`.
 */
export async function checkPictures(
  data: string,
  { engine, pictureStore, ...options }: CheckPicturesOptions,
): Promise<SweptCollection[]> {
  const store = await openPictureStore(pictureStore);
  if (store === undefined) return [];
  try {
    // What it keeps in the place of pictures, not the pictures.
    await using plain = await openPlain(data, { engine, readOnly: true, createIfMissing: false });
    return await sweepPictures(plain, store, options);
  } finally {
    store.close();
  }
}
