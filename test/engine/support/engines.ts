import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  allCapabilities,
  type Capabilities,
  type Engine,
  refuseUndeclared,
} from '../../../src/engine/index.ts';
import { withPictureStore } from '../../../src/engines/index.ts';
import { S3Store } from '../../../src/engines/pictures/s3-store.ts';
import { PostgresEngine, type PostgresOptions } from '../../../src/engines/postgres/postgres-engine.ts';
import { openWeaviate } from '../../../src/engines/weaviate/index.ts';
import { Gallery, type GalleryOptions } from '../../../src/gallery/index.ts';
import { MemoryStore } from '../../engines/pictures/support/memory-store.ts';
import { s3Program, startS3 } from '../../engines/pictures/support/s3-server.ts';
import { startPostgres, withoutPostgres } from './postgres-server.ts';

/** An engine that the contract suite is run against. */
export interface EngineUnderTest {
  readonly name: string;
  /** The row of the table: what it has to declare, no more and no less. */
  readonly capabilities: Capabilities;
  /** Why it cannot be tried here. Undefined: it can. */
  readonly missing?: string | undefined;
  /** Opens it empty. */
  readonly open: () => Promise<{ readonly engine: Engine; readonly close: () => Promise<void> }>;
}

async function openEmbedded(
  options: GalleryOptions,
  wrap: (engine: Engine) => Engine = (engine) => engine,
): ReturnType<EngineUnderTest['open']> {
  const folder = await mkdtemp(join(tmpdir(), 'snapshelf-engine-'));
  const gallery = await Gallery.open(folder, options);
  const close = async (): Promise<void> => {
    await gallery.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { engine: wrap(gallery), close };
}

/** In a bucket of a real server, where one is named. */
async function openWithStore(): ReturnType<EngineUnderTest['open']> {
  const server = s3Program === undefined ? undefined : await startS3();
  const store =
    server === undefined ? new MemoryStore() : await S3Store.open('s3://shop/in', server.environment);
  const { engine, close } = await openEmbedded({}, (plain) =>
    refuseUndeclared(withPictureStore(plain, store)),
  );
  return {
    engine,
    async close() {
      await close();
      await server?.stop();
    },
  };
}

/** Sends every search through the index that may go there at all. */
const eager = { collection: 0, filtered: 0, tail: 0, candidate: 0 };

/** The embedded engine declares everything. */
const embedded: Capabilities = allCapabilities;

const nothing = Object.fromEntries(Object.keys(allCapabilities).map((name) => [name, false])) as Capabilities;

/** The embedded engine as if it had declared nothing, and could do no more than one metric. */
const declaringNothing = (engine: Engine): Engine =>
  refuseUndeclared(
    new Proxy(engine, {
      get(target, key) {
        if (key === 'capabilities') return nothing;
        if (key === 'metrics') return ['cosine'];
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
  );

async function openPostgres(options: PostgresOptions = {}): ReturnType<EngineUnderTest['open']> {
  const server = await startPostgres();
  const engine = await PostgresEngine.open(server.url('snapshelf'), options);
  const close = async (): Promise<void> => {
    await engine.close();
    await server.stop();
  };
  return { engine: refuseUndeclared(engine), close };
}

const postgres = {
  capabilities: { ...allCapabilities, snapshots: false },
  missing: withoutPostgres || undefined,
};

const weaviateUrl = process.env['SNAPSHELF_TEST_WEAVIATE'];

async function openCluster(): ReturnType<EngineUnderTest['open']> {
  const engine = await openWeaviate(weaviateUrl ?? '');
  for (const { name } of await engine.collections()) await engine.drop(name);
  return { engine: refuseUndeclared(engine), close: () => engine.close() };
}

/** The table: every engine with what it declares. A further engine is a further row. */
export const engines: readonly EngineUnderTest[] = [
  { name: 'embedded', capabilities: embedded, open: () => openEmbedded({}) },
  {
    name: 'embedded, by its index',
    capabilities: embedded,
    open: () => openEmbedded({ exactSearchLimits: eager }),
  },
  { name: 'postgres', ...postgres, open: () => openPostgres() },
  {
    name: 'postgres, by its index',
    ...postgres,
    open: () => openPostgres({ scanLimits: { collection: 0, filtered: 0 }, indexPauseMs: 20 }),
  },
  {
    name: 'embedded, pictures in a store',
    capabilities: { ...embedded, snapshots: false },
    open: openWithStore,
  },
  {
    name: 'one that declares nothing',
    capabilities: nothing,
    open: () => openEmbedded({}, declaringNothing),
  },
  {
    name: 'weaviate',
    capabilities: { ...nothing, rawVectors: true },
    missing: weaviateUrl === undefined ? 'SNAPSHELF_TEST_WEAVIATE names no cluster' : undefined,
    open: openCluster,
  },
];
