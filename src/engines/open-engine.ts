import { mkdir } from 'node:fs/promises';
import { type Engine, refuseUndeclared } from '../engine/index.ts';
import { Gallery, type GalleryOptions } from '../gallery/index.ts';

/** Options of `openEngine`. */
export interface EngineOptions extends GalleryOptions {
  /** The URL of an engine that keeps the collections in the place of the data folder. Default: the data folder keeps them. */
  readonly engine?: string | undefined;
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

/**
 * Opens the engine that keeps the collections, the embedded one of a data folder or one behind a URL: the one place that chooses.
 * @throws SnapshelfError as `Gallery.open`; of an engine behind a URL `engine-not-installed`, `engine-unavailable`; RangeError for a
 * URL of no engine.
 */
export async function openEngine(data: string, options: EngineOptions = {}): Promise<Engine> {
  const { engine, ...rest } = options;
  if (engine === undefined) return refuseUndeclared(await Gallery.open(data, rest));
  if (options.readOnly !== true) await mkdir(data, { recursive: true });
  return refuseUndeclared(await openRemote(engine, options));
}
