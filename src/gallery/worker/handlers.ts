import type { Filter, StoredImage } from '../../engine/index.ts';
import { serializeError } from '../../errors.ts';
import { type CallContext, type Handlers, type Sliced, transfer } from '../../threads/index.ts';
import type { Operations } from '../api/operations.ts';
import type { Collection } from './collection.ts';
import type { DataFolder } from './data-folder.ts';
import type { Scheduler } from './scheduler.ts';

type Operation = keyof Operations;

/** One function per operation, which does it at once or in slices. */
type Performers = {
  readonly [K in Operation]: (
    ...given: Parameters<Operations[K]>
  ) => ReturnType<Operations[K]> | Sliced<ReturnType<Operations[K]>>;
};

/** Operations after which a collection is not idle for a while. */
const heavy: ReadonlySet<string> = new Set<Operation>([
  'search',
  'facets',
  'upsert',
  'update',
  'delete',
  'storeReembedded',
]);

/** Makes the handlers of an open data folder. `onUse` is called when an operation uses a collection's index. */
export function handlersFor(
  folder: DataFolder,
  scheduler: Scheduler,
  onUse: () => void,
): Handlers<Operations> {
  const handlers = Object.entries(performersFor(folder)).map(([operation, perform]) => {
    const isHeavy = heavy.has(operation);
    const handle = (...given: readonly unknown[]): Promise<unknown> => {
      if (isHeavy) onUse();
      const work = inSlices(folder, perform as Perform, given.slice(0, -1));
      return scheduler.run(work, given.at(-1) as CallContext);
    };
    return [operation, handle];
  });
  return Object.fromEntries(handlers) as Handlers<Operations>;
}

type Perform = (...given: readonly unknown[]) => unknown;

function* inSlices(folder: DataFolder, perform: Perform, given: readonly unknown[]): Sliced<unknown> {
  const answer = perform(...given);
  if (!isSliced(answer)) return answer;
  const [name] = given;
  // A collection stays open while something is done with it in slices.
  return yield* typeof name === 'string' ? folder.collection(name).during(answer) : answer;
}

const isSliced = (value: unknown): value is Sliced<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value && 'next' in value;

const isFilter = (selection: readonly string[] | Filter): selection is Filter => !Array.isArray(selection);

/** Hands a picture over without a copy: SQLite made its bytes for this answer alone. */
const handOver = (image: StoredImage): StoredImage => transfer(image, [image.bytes.buffer]);

type ItemReads =
  | 'get'
  | 'image'
  | 'picture'
  | 'picturePart'
  | 'thumbnail'
  | 'vector'
  | 'vectors'
  | 'list'
  | 'ids'
  | 'hashes'
  | 'firstMissing';

const itemReaders = (at: (name: string) => Collection): Pick<Performers, ItemReads> => ({
  get: (name, id) => at(name).items.get(id),
  image: (name, id) => handOver(at(name).items.image(id)),
  picture: (name, id) => at(name).items.picture(id),
  picturePart: (name, sequence, part) => {
    const bytes = at(name).items.part(sequence, part);
    return bytes && transfer(bytes, [bytes.buffer]);
  },
  thumbnail: (name, id) => handOver(at(name).items.thumbnail(id)),
  vector: (name, id) => at(name).items.vector(id),
  vectors: (name, ids) => at(name).items.vectors(ids),
  list: (name, options) => at(name).items.list(options),
  ids: (name, options) => at(name).items.ids(options),
  hashes: (name, ids) => at(name).items.hashes(ids),
  firstMissing: (name, ids) => at(name).items.firstMissing(ids),
});

function performersFor(folder: DataFolder): Performers {
  const at = (name: string): Collection => folder.collection(name);
  const writableAt = (name: string): Collection => {
    folder.checkWritable();
    return folder.collection(name);
  };
  return {
    collections: () => folder.collections(),
    *damaged() {
      const damaged = yield* folder.damaged();
      return damaged.map(({ name, error }) => ({ name, error: serializeError(error) }));
    },
    info: (name) => at(name).info(),
    create: (settings) => folder.create(settings),
    drop: (name) => folder.drop(name),
    upsert: (name, modelId, items, options) => writableAt(name).upsert(modelId, items, options),
    update: (name, updates, options) => writableAt(name).update(updates, options),
    delete: (name, selection, options) =>
      isFilter(selection)
        ? writableAt(name).deleteMatching(selection)
        : writableAt(name).delete(selection, options),
    ...itemReaders(at),
    search: (name, vector, options) => at(name).search(vector, options),
    facets: (name, options) => at(name).facets(options),
    databaseFile: (name) => at(name).file,
    beginRestore: (name) => folder.beginRestore(name),
    commitRestore: (name, directory) => folder.adopt(name, directory),
    beginReembedding: (name, settings) => writableAt(name).beginReembedding(settings),
    itemsToReembed: (name, limit) => writableAt(name).itemsToReembed(limit),
    storeReembedded: (name, vectors) => writableAt(name).storeReembedded(vectors),
    commitReembedding: (name) => writableAt(name).commitReembedding(),
    abortReembedding: (name) => writableAt(name).abortReembedding(),
    document: (name, key) => at(name).documents.get(key),
    setDocument: (name, key, content) => writableAt(name).documents.set(key, content),
  };
}
