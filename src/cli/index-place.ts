import { SnapshelfError } from '../errors.ts';
import type { CollectionInfo, Item } from '../gallery/index.ts';
import {
  findCollection,
  type ImportOptions,
  type ImportReport,
  type ImportSample,
  type NewCollection,
  Retriever,
} from '../retrieval/index.ts';
import type { CollectionOptions, SessionOptions } from './options.ts';
import { cliLogger } from './run.ts';

/** The collection that `snapshelf index` fills: in this process, or in the server that has the data folder open. */
export interface IndexPlace {
  /** Describes the collection; undefined if there is none. */
  info(): Promise<CollectionInfo | undefined>;
  /** Returns some of its items, a hundred at most. */
  someItems(): Promise<readonly Item[]>;
  /** Creates the collection, or checks that the one of that name fits. */
  create(wanted: NewCollection): Promise<CollectionInfo>;
  import(samples: Iterable<ImportSample>, options: ImportOptions): Promise<ImportReport>;
}

/** The options that say where and with what pictures are indexed. */
export interface PlaceOptions extends CollectionOptions, SessionOptions {
  readonly model?: string;
  readonly batch: number;
}

/** Adds the command that switches a collection over to another model to the error that it has one. */
export function withReindexCommand(
  error: unknown,
  { data, collection, model }: Pick<PlaceOptions, 'data' | 'collection' | 'model'>,
): unknown {
  if (!(error instanceof SnapshelfError) || error.code !== 'model-mismatch') return error;
  const command = `snapshelf reindex --data ${data} --collection ${collection} --model ${model}`;
  return new SnapshelfError(error.code, `${error.message} The command is: ${command}.`, { cause: error });
}

/** Opens the place, runs `work` and closes it. */
export async function withIndexPlace<T>(
  { data, collection, model, provider, threads, batch, verbose }: PlaceOptions,
  work: (place: IndexPlace) => Promise<T>,
): Promise<T> {
  const embed = { provider, threads, maxBatch: batch };
  await using retriever = await Retriever.open(data, { model, embed, log: cliLogger(verbose) });
  return await work({
    info: () => findCollection(retriever.gallery, collection),
    someItems: async () => (await retriever.gallery.list(collection, { limit: 100 })).items,
    create: (wanted) =>
      retriever.createCollection(collection, wanted).catch((error: unknown) => {
        throw withReindexCommand(error, { data, collection, model });
      }),
    import: (samples, options) => retriever.importSamples(collection, samples, options),
  });
}
